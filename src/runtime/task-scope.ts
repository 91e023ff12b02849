/** The task that the running code belongs to, across its awaits. */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Caller } from "./nested-calls.ts";
import type { Runtime } from "./runtime.ts";

/** What code in a task may ask, and what its waits do. */
export interface TaskScope extends Caller {
  /** Of the worker that runs the task. */
  readonly runtime: Runtime;
  readonly name: string;
  /** Calls that led to it: 0 if the program itself has called it. */
  readonly depth: number;
  /** The first of these calls, or itself. */
  readonly root: number;
  /** It is a method of an actor, or its constructor. */
  readonly isOfActor: boolean;
  /**
   * A ref's value is being waited for; `reject` ends the wait when the task is cancelled.
   * `callIds`: of them one has to end first; undefined if something else may end the wait.
   */
  waitBegins(reject: (reason: unknown) => void, callIds?: readonly number[]): void;
  waitEnds(reject: (reason: unknown) => void): void;
  /** A cancelled task makes no further calls. */
  throwIfCancelled(): void;
}

export const taskStorage = new AsyncLocalStorage<TaskScope>();

/** The scope of the code that runs now; undefined in a driver. */
export function currentScope(): TaskScope | undefined {
  return taskStorage.getStore();
}

/**
 * Begins something that outlives the task in which it happens to be needed first: a link, a
 * timer. It would keep the task, and all that this one holds, for as long as it lives.
 */
export function outsideTasks<T>(begin: () => T): T {
  return taskStorage.exit(begin);
}
