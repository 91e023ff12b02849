/**
 * Tasks that were to end by force, and for which only this process can see to it. Whoever sends a
 * task to another process has that process ended; but those that it has called itself would take
 * their caller along, which would then run again and call the same task, and of others the caller
 * is gone. So the process ends when nothing else runs in it.
 */

import type { Clock } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { GRACE_MS } from "../base/limits.ts";
import type { LeasedTask } from "./leased-task.ts";
import { outsideTasks } from "./task-scope.ts";

export interface OverdueContext {
  readonly clock: Clock;
  /** Tasks that run here, waiting ones included. */
  readonly started: () => Iterable<LeasedTask>;
  readonly endProcess: (reason: string) => void;
}

export class OverdueTasks {
  readonly #context: OverdueContext;
  readonly #tasks = new Set<LeasedTask>();

  constructor(context: OverdueContext) {
    this.#context = context;
  }

  /** The task was asked to end, and has a moment for it. */
  expect(task: LeasedTask): void {
    const look = (): void => {
      if (task.state === "over") return;
      this.#tasks.add(task);
      this.#look();
    };
    outsideTasks(() => new Deadline(this.#context.clock, GRACE_MS, look).unref());
  }

  /** A task here is over. */
  over(task: LeasedTask): void {
    if (this.#tasks.size === 0) return;
    this.#tasks.delete(task);
    this.#look();
  }

  /** Ends the process if all that it runs should have ended. */
  #look(): void {
    if (this.#tasks.size === 0) return;
    for (const task of this.#context.started()) if (!this.#tasks.has(task)) return;
    const [first] = this.#tasks;
    this.#context.endProcess(`${first!.name} did not end by itself`);
  }
}
