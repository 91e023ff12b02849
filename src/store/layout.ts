/** Where the pieces of an object lie in its file. */

/** Whatever the elements of an array are, and for instructions on whole vectors of them. */
const ALIGN_BYTES = 64;

export interface Layout {
  readonly offsets: readonly number[];
  readonly sizeBytes: number;
}

export function layOut(sizes: readonly number[]): Layout {
  let end = 0;
  const offsets = sizes.map((sizeBytes) => {
    const offset = Math.ceil(end / ALIGN_BYTES) * ALIGN_BYTES;
    end = offset + sizeBytes;
    return offset;
  });
  return { offsets, sizeBytes: end };
}
