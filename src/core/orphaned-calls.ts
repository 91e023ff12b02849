/**
 * Calls of workers that have ended, in workers that run something for others as well: they are
 * asked to end there, and whoever does not hear of it in time is blocked by one of them. Pure: what
 * happened and the time go in.
 */

export class OrphanedCalls {
  readonly #limitMs: number;
  /** Worker → the callers that it has not heard of, and since when. */
  readonly #unheard = new Map<number, Map<number, number>>();

  /** `limitMs`: a worker has so long to hear of the end of a caller. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** A caller of what runs in the worker has ended. */
  callerEnded(workerId: number, callerId: number, nowMs: number): void {
    const callers = this.#unheard.get(workerId) ?? new Map<number, number>();
    this.#unheard.set(workerId, callers.set(callerId, nowMs));
  }

  /** The worker knows, and sees to it that the calls end. */
  heard(workerId: number, callerId: number): void {
    const callers = this.#unheard.get(workerId);
    if (callers?.delete(callerId) === true && callers.size === 0) this.#unheard.delete(workerId);
  }

  gone(workerId: number): void {
    this.#unheard.delete(workerId);
  }

  /** Throws if a worker is to hear that is not there. */
  validate(workerIds: ReadonlySet<number>): void {
    for (const workerId of this.#unheard.keys()) {
      if (!workerIds.has(workerId)) {
        throw new Error(`Cannot wait until worker ${workerId} has heard: it is gone`);
      }
    }
  }

  /** Workers that have not heard in time: each once. */
  takeOverdue(nowMs: number): number[] {
    const overdue: number[] = [];
    for (const [workerId, callers] of this.#unheard) {
      const sinceMs = Math.min(...callers.values());
      if (nowMs - sinceMs >= this.#limitMs) overdue.push(workerId);
    }
    for (const workerId of overdue) this.#unheard.delete(workerId);
    return overdue;
  }
}
