/**
 * Makes room in the store before it is full: free files go, then what nobody needs any more, then
 * the coldest objects of this process go to disk, and other processes are asked to do the same.
 */

import type { Clock } from "../base/clock.ts";
import type { Collector } from "../base/collector.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Segment } from "./segments.ts";

export interface SpillingContext {
  readonly store: ObjectStore;
  /** The least recently used first. */
  readonly segments: () => Iterable<Segment>;
  /** The segment's file has been moved, or not: it can be given away or freed again. */
  readonly settled: (segment: Segment) => void;
  readonly clock: Clock;
  readonly collector: Collector;
  /** This process has no more to give. */
  readonly askOthers: () => void;
}

/** Of the limit: so much is made at most before it is looked at what of it is still needed. */
const COLLECT_SHARE = 0.25;
/** So much at least, and then as often as it takes a tenth of the time: long with a large heap. */
const COLLECT_BYTES_MIN = 256 * 2 ** 20;
const COLLECT_PAUSE = 10;
/** Of the mappings that a process may have: above the first as often, above the other always. */
const COLLECT_MAPPED_SHARE = 0.5;
const COLLECT_MAPPED_SHARE_MAX = 0.75;

export class Spilling {
  readonly #context: SpillingContext;
  #isRunning = false;
  #madeBytes = 0;
  #collectFromMs = 0;
  #isEnded = false;

  constructor(context: SpillingContext) {
    this.#context = context;
  }

  /** Called after an object was made. */
  made(sizeBytes: number): void {
    this.#madeBytes += sizeBytes;
    if (this.#isMuchMade() || this.#context.store.excessBytes() > 0) this.run(true);
  }

  /** An object was freed, so that it is no question whether it is still needed. */
  freed(sizeBytes: number): void {
    this.#madeBytes = Math.max(0, this.#madeBytes - sizeBytes);
  }

  #isMuchMade(): boolean {
    if (this.#madeBytes > this.#context.store.limitBytes * COLLECT_SHARE) return true;
    return this.#madeBytes > COLLECT_BYTES_MIN && this.#context.clock.nowMs() > this.#collectFromMs;
  }

  /** Called when an object is looked at: dropped views hold it until they are collected. */
  looked(sizeBytes: number): void {
    this.#madeBytes += sizeBytes;
    if (this.#isMuchMapped()) this.run(true);
  }

  #isMuchMapped(): boolean {
    const { store, clock } = this.#context;
    if (store.mappedShare > COLLECT_MAPPED_SHARE_MAX) return true;
    return store.mappedShare > COLLECT_MAPPED_SHARE && clock.nowMs() > this.#collectFromMs;
  }

  /** `isOwn`: the need was found here; otherwise another process has asked. */
  run(isOwn: boolean): void {
    if (this.#isRunning || this.#isEnded) return;
    this.#isRunning = true;
    this.#makeRoom(isOwn)
      .catch((error: NodeJS.ErrnoException) => {
        // The disk is full or gone: who needs room now is told so at once, by the store.
        if (error.syscall === undefined) throw error;
      })
      .finally(() => (this.#isRunning = false));
  }

  async #makeRoom(isOwn: boolean): Promise<void> {
    const { store, askOthers } = this.#context;
    await this.#nextTurn();
    if (this.#isOver()) store.giveUpFree();
    await this.#collect();
    for (const segment of [...this.#context.segments()]) {
      if (!this.#isOver()) return;
      if (isCold(segment)) await this.#spill(segment);
    }
    if (isOwn && this.#isOver()) askOthers();
  }

  /** What was made and dropped without a word is held until it is collected. */
  async #collect(): Promise<void> {
    if (!this.#isMuchMapped() && !this.#isMuchMade() && !this.#isOver()) return;
    const { clock, collector } = this.#context;
    this.#madeBytes = 0;
    const beganMs = clock.nowMs();
    collector.collect();
    this.#collectFromMs = clock.nowMs() + COLLECT_PAUSE * (clock.nowMs() - beganMs);
    await this.#nextTurn();
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#context.clock.setImmediate(resolve));
  }

  async #spill(segment: Segment): Promise<void> {
    const { store, settled } = this.#context;
    const file = segment.owned!;
    segment.isSpilling = true;
    try {
      segment.owned = await store.spill(file);
    } catch (error) {
      // Somebody has removed it: there is nothing to move, and others can be.
      if (store.has(file)) throw error;
    } finally {
      segment.isSpilling = false;
      settled(segment);
    }
  }

  #isOver(): boolean {
    return !this.#isEnded && this.#context.store.excessBytes() > 0;
  }

  end(): void {
    this.#isEnded = true;
  }
}

/** Nobody looks at it, here or elsewhere. */
function isCold({ owned, isLent, mappings, holds }: Segment): boolean {
  return owned?.place === "memory" && !isLent && mappings === 0 && holds > 0;
}
