/**
 * The tasks that are in flight on one lease, in the order in which they were pushed. Linked
 * through the tasks themselves: entering and leaving cost no memory, and take no search.
 */

import type { Task } from "./scheduling-class.ts";

export class TaskLine {
  #first: Task | undefined;
  #last: Task | undefined;

  push(task: Task): void {
    task.ahead = this.#last;
    if (this.#last === undefined) this.#first = task;
    else this.#last.behind = task;
    this.#last = task;
  }

  /** Precondition: the task is in this line. */
  remove(task: Task): void {
    const { ahead, behind } = task;
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    task.ahead = undefined;
    task.behind = undefined;
  }

  /** Its tasks as they are now, the oldest first. */
  toArray(): Task[] {
    const tasks: Task[] = [];
    for (let task = this.#first; task !== undefined; task = task.behind) tasks.push(task);
    return tasks;
  }
}
