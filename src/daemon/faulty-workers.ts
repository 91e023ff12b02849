/** Workers that do not come up, or stop for a while, on purpose. */

import type { Clock } from "../base/clock.ts";
import type { Faults } from "../base/faults.ts";
import { FAULT_FREEZE_MS_MAX } from "../base/limits.ts";
import { faultyLink } from "../runtime/faulty-link.ts";
import type { ProcessState, SpawnWorker, WorkerHandle } from "./worker-handle.ts";

export function faultySpawn(
  spawn: SpawnWorker,
  clock: Clock,
  faults: Faults | undefined,
): SpawnWorker {
  if (faults === undefined) return spawn;
  return (variables, events) => {
    const handle = spawn(variables, events);
    // Once the daemon knows the worker, whose end it is to see.
    if (faults.happens("spawn-fail")) queueMicrotask(() => handle.kill());
    return new FaultyHandle(handle, clock, faults);
  };
}

class FaultyHandle implements WorkerHandle {
  readonly transport: WorkerHandle["transport"];
  readonly #inner: WorkerHandle;
  readonly #clock: Clock;
  readonly #faults: Faults;

  constructor(inner: WorkerHandle, clock: Clock, faults: Faults) {
    this.#inner = inner;
    this.#clock = clock;
    this.#faults = faults;
    this.transport = faultyLink(inner.transport, faults, clock, false);
  }

  get pid(): number {
    return this.#inner.pid;
  }

  kill(): void {
    this.#inner.kill();
  }

  ownBytes(): number | undefined {
    return this.#inner.ownBytes();
  }

  /** Called twice a second while there is work. */
  measure(): ProcessState {
    const found = this.#inner.measure();
    if (this.pid !== 0 && this.#faults.happens("worker-freeze")) this.#freeze();
    return found;
  }

  #freeze(): void {
    signal(this.pid, "SIGSTOP");
    const stoppedMs = this.#faults.fraction("worker-freeze") * FAULT_FREEZE_MS_MAX;
    this.#clock.setTimeout(() => signal(this.pid, "SIGCONT"), stoppedMs).unref();
  }
}

function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
