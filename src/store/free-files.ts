/**
 * Files whose objects are gone and whose memory is there: written again they take a fraction of
 * the time that fresh memory takes. Decides which one fits and which have to go.
 */

export interface FreeFile {
  /** All of it has been written. */
  readonly sizeBytes: number;
}

/** A file is used for something smaller only as long as little of it lies idle. */
const WASTE_MAX = 1.25;

export class FreeFiles<File extends FreeFile> {
  readonly #limitBytes: number;
  /** By size; of one size the last used is last. */
  readonly #files: File[] = [];
  #totalBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get count(): number {
    return this.#files.length;
  }

  /** The smallest that has room for so much, unless much of it would lie idle. */
  take(sizeBytes: number): File | undefined {
    const index = this.#firstFrom(sizeBytes);
    const smallest = this.#files[index];
    if (smallest === undefined || smallest.sizeBytes > sizeBytes * WASTE_MAX) return undefined;
    return this.#remove(this.#firstFrom(smallest.sizeBytes + 1) - 1);
  }

  /** Keeps the file. Returns those that have to go for it, or the file itself. */
  add(file: File): File[] {
    this.#files.splice(this.#firstFrom(file.sizeBytes + 1), 0, file);
    this.#totalBytes += file.sizeBytes;
    return this.shrink(this.#limitBytes);
  }

  /** Gives up files, the largest first, until at most so much is kept. */
  shrink(limitBytes: number): File[] {
    const dropped: File[] = [];
    while (this.#totalBytes > limitBytes) dropped.push(this.#remove(this.#files.length - 1));
    return dropped;
  }

  #remove(index: number): File {
    const [file] = this.#files.splice(index, 1);
    this.#totalBytes -= file!.sizeBytes;
    return file!;
  }

  /** Index of the first file of at least this size. */
  #firstFrom(sizeBytes: number): number {
    let low = 0;
    let high = this.#files.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#files[middle]!.sizeBytes < sizeBytes) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  validate(): void {
    let total = 0;
    for (const [index, file] of this.#files.entries()) {
      const before = this.#files[index - 1];
      if (before !== undefined && before.sizeBytes > file.sizeBytes) {
        throw new Error(`Cannot keep files unsorted: ${before.sizeBytes} before ${file.sizeBytes}`);
      }
      total += file.sizeBytes;
    }
    if (total !== this.#totalBytes || total > this.#limitBytes) {
      throw new Error(`Cannot keep ${total} bytes: counted ${this.#totalBytes}`);
    }
  }
}
