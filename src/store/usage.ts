/**
 * How much memory the files of all processes take: a file with one number for each process, which
 * only that process writes. Read without asking anybody, by a process that is about to take more.
 */

import fs from "node:fs";
import path from "node:path";

/** Process id and bytes. */
const SLOT_BYTES = 16;
export interface UsageOfProcess {
  readonly processId: number;
  readonly sizeBytes: number;
}

/** A slot for each process that lives at the same time. */
export const USAGE_SLOTS = 1024;

export class Usage {
  readonly #fd: number;
  readonly #slot: number;
  readonly #own = Buffer.alloc(SLOT_BYTES);
  readonly #all = Buffer.alloc(SLOT_BYTES * USAGE_SLOTS);
  #ownBytes = 0;
  #isClosed = false;

  constructor(directory: string, slot: number, processId: number) {
    if (slot >= USAGE_SLOTS) throw new RangeError(`Cannot use slot ${slot} of ${USAGE_SLOTS}`);
    const flags = fs.constants.O_RDWR | fs.constants.O_CREAT;
    this.#fd = fs.openSync(path.join(directory, "usage"), flags, 0o600);
    this.#slot = slot;
    this.#own.writeDoubleLE(processId, 0);
  }

  add(sizeBytes: number): void {
    // Its descriptor may be another file's by now.
    if (this.#isClosed) return;
    this.#ownBytes += sizeBytes;
    this.#own.writeDoubleLE(this.#ownBytes, 8);
    fs.writeSync(this.#fd, this.#own, 0, SLOT_BYTES, this.#slot * SLOT_BYTES);
  }

  /** Of all processes together. */
  totalBytes(): number {
    return this.owners().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Who has how much, the largest first. */
  owners(): UsageOfProcess[] {
    if (this.#isClosed) return [];
    const read = fs.readSync(this.#fd, this.#all, 0, this.#all.length, 0);
    const owners: UsageOfProcess[] = [];
    for (let at = 0; at + SLOT_BYTES <= read; at += SLOT_BYTES) {
      const sizeBytes = this.#all.readDoubleLE(at + 8);
      if (sizeBytes > 0) owners.push({ processId: this.#all.readDoubleLE(at), sizeBytes });
    }
    return owners.sort((left, right) => right.sizeBytes - left.sizeBytes);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    fs.closeSync(this.#fd);
  }
}

/** What the processes of a session have. */
export function usageIn(directory: string): UsageOfProcess[] {
  const usage = new Usage(directory, 0, 0);
  try {
    return usage.owners();
  } finally {
    usage.close();
  }
}

/** The process is gone: what it had is another's or nobody's. */
export function clearUsage(directory: string, slot: number): void {
  const usage = new Usage(directory, slot, 0);
  usage.add(0);
  usage.close();
}
