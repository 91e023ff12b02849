/**
 * Tells whether the kernel has ended a process for its memory. It sends SIGKILL, as others may, and
 * counts what it ended: a worker that was killed when the count has just risen was one of these.
 * Pure.
 */

import { KERNEL_KILL_RECENT_MS } from "../base/limits.ts";

export class KernelKills {
  #count: number | undefined;
  #risenMs = -Infinity;

  /** `count`: of the processes that the kernel has ended; undefined: it does not say. */
  counted(count: number | undefined, nowMs: number): void {
    if (count === undefined) return;
    if (this.#count !== undefined && count > this.#count) this.#risenMs = nowMs;
    this.#count = count;
  }

  /** A worker was ended by SIGKILL, by nobody that is known. */
  isLikely(nowMs: number): boolean {
    return nowMs - this.#risenMs <= KERNEL_KILL_RECENT_MS;
  }
}
