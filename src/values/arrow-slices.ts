/**
 * What a slice of Arrow data looks at: slicing a chunk moves its beginning, but leaves bitmaps,
 * text and the items of lists whole.
 */

/** `Data` of Apache Arrow, as far as it matters here. */
export interface Chunk {
  readonly type: { readonly typeId: number; readonly typeIdToChildIndex?: ChildIndices };
  /** In bits, of bitmaps alone: the other buffers begin where the chunk does. */
  readonly offset: number;
  readonly length: number;
  readonly valueOffsets?: Offsets;
  readonly values?: Uint8Array;
  readonly nullBitmap?: Uint8Array;
  readonly typeIds?: ArrayLike<number>;
  readonly children: readonly Chunk[];
  slice(offset: number, length: number): Chunk;
}

type Offsets = Int32Array | BigInt64Array;
type ChildIndices = Readonly<Record<number, number>>;
type Changes = Partial<{ -readonly [Key in keyof Chunk]: Chunk[Key] }>;

const BOOL = 6;

/** Arrow pads buffers to this size: what is left of that is not worth a copy of the offsets. */
const PADDING_BYTES = 64;

/** The properties of the same chunk without what lies outside of it. */
export function trimmed(chunk: Chunk): object {
  return { ...chunk, ...trimBitmaps(chunk), ...trimOffsets(chunk) };
}

function trimBitmaps({ type, offset, length, nullBitmap, values }: Chunk): Changes {
  const start = Math.floor(offset / 8);
  const end = Math.ceil((offset + length) / 8);
  const isWasteful = (bitmap: Uint8Array): boolean => {
    return bitmap.byteLength - (end - start) > PADDING_BYTES;
  };
  const bits = type.typeId === BOOL ? values : undefined;
  // Both begin at the same offset.
  if (![bits, nullBitmap].some((bitmap) => bitmap && isWasteful(bitmap))) return {};
  const changes: Changes = { offset: offset - 8 * start };
  if (bits) changes.values = bits.subarray(start, end);
  if (nullBitmap) changes.nullBitmap = nullBitmap.subarray(start, end);
  return changes;
}

function trimOffsets(chunk: Chunk): Changes {
  const { valueOffsets, values, children, length, typeIds } = chunk;
  if (valueOffsets === undefined) return {};
  if (typeIds !== undefined) return trimUnion(chunk, valueOffsets, typeIds);
  const first = Number(valueOffsets[0] ?? 0);
  const last = length === 0 ? first : Number(valueOffsets[length]);
  const [items] = children;
  if (values !== undefined) {
    if (values.byteLength - (last - first) <= PADDING_BYTES) return {};
    return {
      values: values.subarray(first, last),
      valueOffsets: rebased(valueOffsets, length, first),
    };
  }
  if (items === undefined || (first === 0 && last === items.length)) return {};
  return {
    children: [items.slice(first, last - first)],
    valueOffsets: rebased(valueOffsets, length, first),
  };
}

/** The same lengths, counted from `first`. */
function rebased(offsets: Offsets, length: number, first: number): Offsets {
  const end = length + 1;
  if (first === 0) return offsets.subarray(0, end);
  if (offsets instanceof BigInt64Array) {
    const firstBig = BigInt(first);
    return offsets.slice(0, end).map((offset) => offset - firstBig);
  }
  return offsets.slice(0, end).map((offset) => offset - first);
}

/** A dense union: each row is at a place of its own in one of the children. */
function trimUnion(chunk: Chunk, offsets: Offsets, typeIds: ArrayLike<number>): Changes {
  const { children, length, type } = chunk;
  const { typeIdToChildIndex: indices } = type;
  const rows = children.reduce((sum, child) => sum + child.length, 0);
  if (rows === length || indices === undefined) return {};
  const starts = children.map((child) => child.length);
  const ends = children.map(() => 0);
  for (let row = 0; row < length; row++) {
    const child = indices[typeIds[row]!]!;
    const place = Number(offsets[row]);
    starts[child] = Math.min(starts[child]!, place);
    ends[child] = Math.max(ends[child]!, place + 1);
  }
  const places = Int32Array.from({ length }, (_, row) => {
    return Number(offsets[row]) - starts[indices[typeIds[row]!]!]!;
  });
  const used = children.map((child, index) => {
    const start = starts[index]!;
    return child.slice(start, Math.max(0, ends[index]! - start));
  });
  return { children: used, valueOffsets: places };
}
