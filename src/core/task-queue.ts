/** Tasks of one scheduling class that wait for a lease: higher priority first, then older. */

import { Deque } from "../base/deque.ts";
import type { Task } from "./scheduling-class.ts";

export class TaskQueue {
  /** By priority, highest first. A withdrawn task stays in its deque until it is met. */
  #levels: { priority: number; tasks: Deque<Task> }[] = [];
  #size = 0;
  #withdrawn = 0;

  get size(): number {
    return this.#size;
  }

  get topPriority(): number {
    this.first();
    return this.#levels[0]?.priority ?? 0;
  }

  push(task: Task): void {
    this.#size++;
    this.#level(task.priority).push(task);
  }

  /** The task was taken out, and goes back to where it was: ahead of those of its priority. */
  putBack(task: Task): void {
    this.#size++;
    this.#level(task.priority).unshift(task);
  }

  #level(priority: number): Deque<Task> {
    for (const level of this.#levels) if (level.priority === priority) return level.tasks;
    const tasks = new Deque<Task>();
    this.#levels.push({ priority, tasks });
    this.#levels.sort((a, b) => b.priority - a.priority);
    return tasks;
  }

  /** The task to run next, left in place. */
  first(): Task | undefined {
    while (this.#levels.length > 0) {
      const tasks = this.#levels[0]!.tasks;
      for (let task = tasks.first(); task !== undefined; task = tasks.first()) {
        if (task.state === "queued") return task;
        tasks.shift();
        this.#withdrawn--;
      }
      if (this.#levels.length === 1) return undefined;
      this.#levels.shift();
    }
    return undefined;
  }

  shift(): Task | undefined {
    const task = this.first();
    if (task === undefined) return undefined;
    this.#levels[0]!.tasks.shift();
    this.#size--;
    return task;
  }

  /** The newest of the highest priority, left in place. */
  newest(): Task | undefined {
    if (this.first() === undefined) return undefined;
    const tasks = this.#levels[0]!.tasks;
    for (let task = tasks.last(); task !== undefined; task = tasks.last()) {
      if (task.state === "queued") return task;
      tasks.pop();
      this.#withdrawn--;
    }
    return undefined;
  }

  /** Takes out what `newest` returned. */
  takeNewest(): Task | undefined {
    const task = this.newest();
    if (task === undefined) return undefined;
    this.#levels[0]!.tasks.pop();
    this.#size--;
    return task;
  }

  /** The task has left the state "queued" in another way than by this queue. */
  withdraw(): void {
    this.#size--;
    this.#withdrawn++;
    // Withdrawn tasks must not pile up: they hold their arguments.
    if (this.#withdrawn > 32 && this.#withdrawn > this.#size) {
      for (const { tasks } of this.#levels) tasks.retain((task) => task.state === "queued");
      this.#withdrawn = 0;
    }
  }

  /** Throws if the count disagrees with the content. */
  validate(): void {
    let queued = 0;
    let withdrawn = 0;
    for (const { tasks } of this.#levels) {
      for (const task of tasks) {
        if (task.state === "queued") queued++;
        else withdrawn++;
      }
    }
    if (queued !== this.#size || withdrawn !== this.#withdrawn) {
      throw new Error(
        `Cannot have a queue of ${this.#size} tasks and ${this.#withdrawn} withdrawn: ` +
          `it holds ${queued} and ${withdrawn}`,
      );
    }
  }
}
