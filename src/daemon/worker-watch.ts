/**
 * Looks at the workers while there is work: at what they hold, and whether they are stopped. What
 * follows from that is decided in `core/memory-watch.ts` and `core/frozen-workers.ts`.
 */

import type { Clock, Timer } from "../base/clock.ts";
import { MEMORY_LOOK_MS_MIN, MEMORY_TAKEN_BYTES_PER_MS, WORKER_LOOK_MS } from "../base/limits.ts";
import { FrozenWorkers } from "../core/frozen-workers.ts";
import type { Lease } from "../core/leases.ts";
import type { MemoryShortage } from "../core/memory-watch.ts";
import type { WorkerExit, WorkerHandle } from "./worker-handle.ts";
import { MemoryGuard } from "./memory-guard.ts";
import type { MemorySource } from "./memory-sampling.ts";
import { describeFrozen } from "./notices.ts";
import type { DaemonSettings } from "./settings.ts";

export interface WatchPorts {
  readonly clock: Clock;
  workers(): Iterable<{ readonly workerId: number; readonly handle: WorkerHandle }>;
  leases(): Iterable<Lease>;
  /** The class of the actor that lives in a worker. */
  actorIn(workerId: number): string | undefined;
  /** `shortage`: it is ended for its memory. */
  end(workerId: number, reason: string, shortage?: MemoryShortage): void;
  notice(text: string): void;
}

export class WorkerWatch {
  readonly #ports: WatchPorts;
  readonly #frozenWorkerMs: number;
  readonly #frozen: FrozenWorkers;
  readonly #memory: MemoryGuard | undefined;
  #timer: Timer | undefined;
  #nextLookMs = 0;

  /** `source`: undefined where workers are no processes. */
  constructor(
    { memoryUsageMax, frozenWorkerMs }: DaemonSettings,
    source: MemorySource | undefined,
    ports: WatchPorts,
  ) {
    this.#ports = ports;
    this.#frozenWorkerMs = frozenWorkerMs;
    this.#frozen = new FrozenWorkers(frozenWorkerMs);
    if (source !== undefined) this.#memory = new MemoryGuard(source, memoryUsageMax, ports);
  }

  /** There is work. The looks go on for as long as `isActive` says so. */
  arm(isActive: () => boolean, delayMs = MEMORY_LOOK_MS_MIN): void {
    if (this.#timer !== undefined || !isActive()) return;
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#timer = undefined;
      this.arm(isActive, this.#look(this.#ports.clock.nowMs()));
    }, delayMs);
    // The links keep a daemon's process alive; inline there is nothing else to wait for.
    this.#timer.unref();
  }

  /** Returns the time until the next look. */
  #look(nowMs: number): number {
    if (nowMs >= this.#nextLookMs) {
      this.#nextLookMs = nowMs + WORKER_LOOK_MS;
      for (const { workerId, handle } of [...this.#ports.workers()]) {
        this.#seen(workerId, handle, nowMs);
      }
    }
    const roomBytes = this.#memory?.look(nowMs) ?? Infinity;
    const frozenMs = (this.#frozen.nextMs ?? Infinity) - nowMs;
    const dueMs = Math.min(this.#nextLookMs - nowMs, roomBytes / MEMORY_TAKEN_BYTES_PER_MS);
    return Math.max(MEMORY_LOOK_MS_MIN, Math.min(dueMs, frozenMs));
  }

  #seen(workerId: number, handle: WorkerHandle, nowMs: number): void {
    const { isStopped } = handle.measure();
    const decision = this.#frozen.seen(workerId, isStopped, nowMs);
    if (decision === undefined) return;
    this.#ports.notice(describeFrozen(decision, handle.pid, this.#frozenWorkerMs));
    if (decision.kind !== "replace") return;
    this.#ports.end(workerId, `it was stopped for ${Math.round(decision.forMs)} ms`);
  }

  /** A worker has ended. Returns what memory had to do with it, as far as the kernel says. */
  gone(workerId: number, exit: WorkerExit, isAskedFor: boolean): MemoryShortage | undefined {
    this.#frozen.gone(workerId);
    this.#memory?.gone(workerId);
    if (isAskedFor || exit.signal !== "SIGKILL") return undefined;
    return this.#memory?.shortageAtKill(this.#ports.clock.nowMs());
  }

  /** Throws if something is known of a worker that is not there. */
  validate(workerIds: ReadonlySet<number>): void {
    this.#frozen.validate(workerIds);
    this.#memory?.validate(workerIds);
  }

  end(): void {
    this.#ports.clock.clearTimeout(this.#timer);
  }
}
