/**
 * Workers that are stopped (SIGSTOP): each is reported once, and replaced when it has not gone on
 * by a limit. Pure: what was seen of a worker and the time go in, what to do comes out.
 */

export type FrozenDecision =
  /** It has just been found stopped. */
  | { readonly kind: "frozen" }
  /** It goes on by itself. */
  | { readonly kind: "resumed"; readonly forMs: number }
  /** It is to be ended. */
  | { readonly kind: "replace"; readonly forMs: number };

export class FrozenWorkers {
  readonly #limitMs: number;
  /** Since when, as far as was seen. `isOver`: it is being replaced. */
  readonly #frozen = new Map<number, { readonly sinceMs: number; isOver: boolean }>();

  /** `limitMs`: a worker may be stopped for so long; Infinity: for ever. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** How a worker was found. */
  seen(workerId: number, isStopped: boolean, nowMs: number): FrozenDecision | undefined {
    const before = this.#frozen.get(workerId);
    if (before === undefined) {
      if (!isStopped) return undefined;
      this.#frozen.set(workerId, { sinceMs: nowMs, isOver: false });
      return { kind: "frozen" };
    }
    if (before.isOver) return undefined;
    const forMs = nowMs - before.sinceMs;
    if (!isStopped) {
      this.#frozen.delete(workerId);
      return { kind: "resumed", forMs };
    }
    if (forMs < this.#limitMs) return undefined;
    before.isOver = true;
    return { kind: "replace", forMs };
  }

  /** When the next one is to be replaced; undefined: there is none. */
  get nextMs(): number | undefined {
    let next: number | undefined;
    for (const { sinceMs, isOver } of this.#frozen.values()) {
      const dueMs = sinceMs + this.#limitMs;
      if (!isOver && (next === undefined || dueMs < next)) next = dueMs;
    }
    return next;
  }

  gone(workerId: number): void {
    this.#frozen.delete(workerId);
  }

  /** Throws if a worker is held for stopped that is not there. */
  validate(workerIds: ReadonlySet<number>): void {
    for (const workerId of this.#frozen.keys()) {
      if (!workerIds.has(workerId)) {
        throw new Error(`Cannot have worker ${workerId} frozen: it is gone`);
      }
    }
  }
}
