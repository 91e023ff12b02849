/**
 * Runs tasks in a worker: those that others push on leases, and, while everything here waits,
 * children of its own tasks, newest first.
 *
 * Hot path: `#start` once per task. Of what is started on a lease, at most one task is not
 * waiting for refs.
 */

import { FLUSH_TOGETHER_US, PARK_AFTER_MS, WAITING_TASK_US } from "../base/limits.ts";
import type { Demand } from "../core/resources.ts";
import type { Callable } from "./function-record.ts";
import type { Functions } from "./functions.ts";
import { LeaseQueue } from "./lease-queue.ts";
import { ObjectRef, recordOf, waitFor } from "./object-ref.ts";
import type { Packer } from "./packer.ts";
import { isThenable, runBatch, sendableOutcomes, type BatchResult } from "./run-batch.ts";
import type { RunningTask, WaitListener } from "./running-task.ts";
import { taskStorage } from "./task-scope.ts";

export interface ExecutorContext {
  readonly functions: Functions;
  readonly packer: Packer;
  readonly nowUs: () => number;
  /** A child of a task that runs here, if one is queued that needs no more than `held`. */
  readonly takeChild: (held: Demand, queue: LeaseQueue) => RunningTask | undefined;
  /** All of the lease waits for refs; its CPU is free until `leaseResumed`. */
  readonly leaseParked: (leaseId: number) => void;
  readonly leaseResumed: (leaseId: number) => void;
  /** Writes out all that was sent. */
  readonly flush: () => void;
}

/** Time that tasks may run before the sockets are looked at again. */
const TURN_US = 2_000;

export class Executor implements WaitListener {
  readonly #context: ExecutorContext;
  readonly #leases = new Map<number, LeaseQueue>();
  #isRunScheduled = false;
  #parkTimer: NodeJS.Timeout | undefined;
  /** When results were last written out. */
  #flushedUs = 0;

  constructor(context: ExecutorContext) {
    this.#context = context;
  }

  get isIdle(): boolean {
    return this.#leases.size === 0;
  }

  /** The queue of a lease; made when its first task comes, gone with its last one. */
  queueOf(leaseId: number, demand: Demand): LeaseQueue {
    let queue = this.#leases.get(leaseId);
    if (queue === undefined) {
      queue = new LeaseQueue(leaseId, demand);
      this.#leases.set(leaseId, queue);
    }
    return queue;
  }

  enqueue(task: RunningTask): void {
    task.leaseQueue.queued.push(task);
    if (task.leaseQueue.isParked) this.#resume(task.leaseQueue);
    this.scheduleRun();
  }

  /** Tasks whose bodies run or wait. */
  *started(): Generator<RunningTask> {
    for (const queue of this.#leases.values()) yield* queue.startedTasks;
  }

  cancel(isTask: (task: RunningTask) => boolean, reason: unknown): void {
    for (const queue of this.#leases.values()) {
      for (const task of [...queue.queued, ...queue.startedTasks]) {
        if (isTask(task)) task.cancel(reason);
      }
    }
  }

  /** Runs what can run, soon: at the end of this turn, or after the sockets were looked at. */
  scheduleRun(): void {
    if (this.#isRunScheduled) return;
    this.#isRunScheduled = true;
    queueMicrotask(() => this.#runAll());
  }

  #runAll(): void {
    this.#isRunScheduled = false;
    const beganUs = this.#context.nowUs();
    this.#flushedUs = beganUs;
    for (const queue of this.#leases.values()) {
      while (queue.isFree) {
        const task = queue.queued.shift() ?? this.#context.takeChild(queue.demand, queue);
        if (task === undefined) break;
        this.#start(task);
        if (this.#context.nowUs() - beganUs > TURN_US) {
          this.#isRunScheduled = true;
          setImmediate(() => this.#runAll());
          return;
        }
      }
    }
    this.#parkLater();
  }

  #start(task: RunningTask): void {
    const queue = task.leaseQueue;
    task.state = "started";
    queue.startedTasks.add(task);
    const callable = task.record.callable;
    if (callable !== undefined && Array.isArray(task.args)) this.#call(task, callable, task.args);
    else this.#prepare(task).catch((error: unknown) => this.#fail(task, error));
  }

  async #prepare(task: RunningTask): Promise<void> {
    const { functions, packer } = this.#context;
    const callable = task.record.callable ?? (await functions.prepare(task.record, packer));
    const args = typeof task.args === "function" ? await task.args() : task.args;
    this.#call(task, callable, args);
  }

  #call(task: RunningTask, callable: Callable, args: readonly unknown[]): void {
    // While it was queued, or while its modules were loading.
    if (task.isCancelled) {
      this.#fail(task, task.signal.reason);
      return;
    }
    const nowUs = this.#context.nowUs();
    const estimateUs = task.record.estimateUs;
    if (estimateUs === undefined || nowUs + estimateUs - this.#flushedUs > FLUSH_TOGETHER_US) {
      // A finished result must not wait behind a body that may take long.
      this.#context.flush();
      this.#flushedUs = nowUs;
    }
    task.startedUs = nowUs;
    if (task.extras.timeoutMs !== undefined) {
      task.reply.started(task);
      task.reply.flush();
    }
    try {
      const body = bodyOf(task, callable, this.#context.nowUs);
      const result = taskStorage.run(task, body, ...args);
      if (isThenable(result)) this.#await(task, result);
      else this.#succeed(task, result);
    } catch (error) {
      this.#fail(task, error);
    }
  }

  #await(task: RunningTask, result: PromiseLike<unknown>): void {
    if (result instanceof ObjectRef) {
      // Forwarded: the caller's ref gets what this one stands for.
      const record = recordOf(result)!;
      taskStorage
        .run(task, waitFor, record)
        .then((box) => this.#succeed(task, box.value))
        .catch((error: unknown) => this.#fail(task, error));
      return;
    }
    result.then(
      (value) => this.#succeed(task, value),
      (error: unknown) => this.#fail(task, error),
    );
  }

  #succeed(task: RunningTask, value: unknown): void {
    if (task.state === "over") return;
    const durationUs = this.#durationOf(task);
    this.#leave(task);
    try {
      task.reply.succeeded(task, durationUs, resultsOf(task, value));
    } catch (error) {
      this.#replaceUnsendable(task, durationUs, value, error);
    }
    this.#over(task);
  }

  /** Of a batch, only the items that cannot be sent fail. */
  #replaceUnsendable(task: RunningTask, durationUs: number, value: unknown, error: unknown): void {
    if (task.extras.batch === undefined) task.reply.failed(task, durationUs, error);
    else {
      const result = sendableOutcomes(value as BatchResult, this.#context.packer);
      task.reply.succeeded(task, durationUs, [result]);
    }
  }

  #fail(task: RunningTask, error: unknown): void {
    if (task.state === "over") return;
    const durationUs = this.#durationOf(task);
    this.#leave(task);
    task.reply.failed(task, durationUs, error);
    this.#over(task);
  }

  /** The task is done with its lease; said ahead of its result if children of it are not. */
  #leave(task: RunningTask): void {
    const queue = task.leaseQueue;
    if (task.isSuspended) queue.suspended--;
    task.end();
    queue.startedTasks.delete(task);
    if (!task.isLocal && queue.isLeftBehind) {
      queue.blockedFor = task.reply;
      task.reply.leaseBlocked(queue.leaseId, true);
    }
  }

  #durationOf(task: RunningTask): number {
    if (task.startedUs === 0) return 0;
    const busyUs = this.#context.nowUs() - task.startedUs - task.suspendedUs;
    const durationUs = task.suspendedUs > 0 ? Math.max(busyUs, WAITING_TASK_US) : busyUs;
    // Enough to know whether neighbours may wait for it; the submitter learns more exactly.
    task.record.estimateUs = durationUs;
    return Math.round(durationUs);
  }

  #over(task: RunningTask): void {
    const queue = task.leaseQueue;
    if (queue.blockedFor !== undefined && !queue.isLeftBehind) {
      queue.blockedFor.leaseBlocked(queue.leaseId, false);
      queue.blockedFor = undefined;
    }
    if (queue.isEmpty) {
      if (queue.isParked) this.#resume(queue);
      this.#leases.delete(queue.leaseId);
    } else this.scheduleRun();
  }

  // Waiting.

  suspended(task: RunningTask): void {
    task.suspendedAtUs = this.#context.nowUs();
    task.leaseQueue.suspended++;
    this.scheduleRun();
  }

  resumed(task: RunningTask): void {
    task.suspendedUs += this.#context.nowUs() - task.suspendedAtUs;
    const queue = task.leaseQueue;
    queue.suspended--;
    if (queue.isParked) this.#resume(queue);
  }

  #resume(queue: LeaseQueue): void {
    queue.isParked = false;
    this.#context.leaseResumed(queue.leaseId);
  }

  /** Most waits are short: the CPU is given back only after a while. */
  #parkLater(): void {
    if (this.#parkTimer !== undefined) return;
    let anyWaiting = false;
    for (const queue of this.#leases.values()) anyWaiting ||= queue.isWaiting && !queue.isParked;
    if (!anyWaiting) return;
    this.#parkTimer = setTimeout(() => {
      this.#parkTimer = undefined;
      for (const queue of this.#leases.values()) {
        if (!queue.isWaiting || queue.isParked) continue;
        queue.isParked = true;
        this.#context.leaseParked(queue.leaseId);
      }
    }, PARK_AFTER_MS);
  }
}

function bodyOf(task: RunningTask, callable: Callable, nowUs: () => number): Callable {
  const { batch } = task.extras;
  if (batch === undefined) return callable;
  return (items) => runBatch(callable, batch, items as readonly unknown[], nowUs);
}

function resultsOf(task: RunningTask, value: unknown): readonly unknown[] {
  const numReturns = task.extras.numReturns;
  if (numReturns === undefined) return [value];
  if (!Array.isArray(value) || value.length !== numReturns) {
    const what = Array.isArray(value) ? `${value.length} values` : typeof value;
    throw new TypeError(
      `Cannot split the result of ${task.name}: numReturns is ${numReturns}, ` +
        `it returned ${what}; return an array of that length`,
    );
  }
  return value;
}
