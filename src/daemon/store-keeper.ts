/**
 * Keeps account of the processes that use the store, and removes the files of those that are
 * gone. A file belongs to the process that made it until another one says that it has taken it.
 */

import { USAGE_SLOTS } from "../store/usage.ts";
import type { StoreFiles } from "./store-files.ts";

interface Taken {
  readonly ownerId: number;
  readonly moves: number;
}

export class StoreKeeper {
  readonly #files: StoreFiles;
  /** The driver has the first one. */
  readonly #slots = new Map<number, number>();
  /** Files that are not their maker's. */
  readonly #taken = new Map<string, Taken>();
  /** Processes that are gone → those that may still read what it has sent. */
  readonly #awaited = new Map<number, Set<number>>();

  constructor(files: StoreFiles, driverId: number) {
    this.#files = files;
    this.#slots.set(driverId, 0);
  }

  /** A place in the count of memory that no living process has. */
  takeSlot(processId: number): number {
    const used = new Set(this.#slots.values());
    let slot = 0;
    while (used.has(slot)) slot++;
    if (slot >= USAGE_SLOTS) throw new Error(`Cannot count more than ${USAGE_SLOTS} processes`);
    this.#slots.set(processId, slot);
    return slot;
  }

  /** The process owns the file. Of two messages that cross, the later move counts. */
  taken(name: string, moves: number, ownerId: number): void {
    if ((this.#taken.get(name)?.moves ?? 0) >= moves) return;
    this.#taken.set(name, { ownerId, moves });
    // It was on its way when its new owner ended.
    if (!this.#slots.has(ownerId)) this.#removeFilesOf(ownerId);
  }

  /** The file is no more. */
  removed(name: string): void {
    this.#taken.delete(name);
  }

  /**
   * The process has ended. Its files stay until those that live have read the last of what it
   * has sent: it may have given some to them.
   */
  processGone(processId: number, livingIds: Iterable<number>): void {
    for (const [goneId, awaited] of [...this.#awaited]) this.#settle(goneId, awaited, processId);
    const awaited = new Set(livingIds);
    this.#awaited.set(processId, awaited);
    this.#settle(processId, awaited, processId);
  }

  /** Nothing more comes to `readerId` from a process that is gone. */
  settled(processId: number, readerId: number): void {
    const awaited = this.#awaited.get(processId);
    if (awaited !== undefined) this.#settle(processId, awaited, readerId);
  }

  #settle(processId: number, awaited: Set<number>, readerId: number): void {
    awaited.delete(readerId);
    if (awaited.size > 0) return;
    this.#awaited.delete(processId);
    this.#removeFilesOf(processId);
    const slot = this.#slots.get(processId);
    this.#slots.delete(processId);
    if (slot !== undefined) this.#files.clearUsage(slot);
  }

  #removeFilesOf(processId: number): void {
    for (const name of this.#files.names()) {
      if (this.#ownerOf(name) !== processId) continue;
      this.#taken.delete(name);
      this.#files.remove(name);
    }
  }

  /** `undefined`: it is neither a stored object nor a board. */
  #ownerOf(name: string): number | undefined {
    // A part is what was being moved to disk.
    const [, object, maker] = /^((\d+)-(?:board|[0-9a-f]+))(?:\.part)?$/.exec(name) ?? [];
    if (object === undefined) return undefined;
    return this.#taken.get(object)?.ownerId ?? Number(maker);
  }
}
