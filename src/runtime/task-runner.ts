/**
 * Runs the bodies of tasks, of functions and of actors' methods, from the start to the reply.
 * When they start, and what their end makes room for, is for those who extend it.
 *
 * Hot path: `start` once per task.
 */

import type { Clock } from "../base/clock.ts";
import { CallDepthError } from "../base/errors.ts";
import { FLUSH_TOGETHER_US, WAITING_TASK_US } from "../base/limits.ts";
import type { FaultPoints } from "./fault-points.ts";
import type { Callable } from "./function-record.ts";
import { LostArguments } from "./incoming-calls.ts";
import { ObjectRef, recordOf, waitFor } from "./object-ref.ts";
import type { Packer } from "./packer.ts";
import { isThenable, sendableOutcomes, type BatchResult } from "./run-batch.ts";
import type { RunningTask, WaitListener } from "./running-task.ts";
import { isIterator } from "./stream-producer.ts";
import type { StreamProducers } from "./stream-producers.ts";
import type { WaitReports } from "./wait-reports.ts";
import { taskStorage } from "./task-scope.ts";

export interface RunnerContext {
  readonly packer: Packer;
  readonly producers: StreamProducers;
  readonly waits: WaitReports;
  readonly clock: Clock;
  readonly faults: FaultPoints | undefined;
  readonly nowUs: () => number;
  /** Writes out all that was sent. */
  readonly flush: () => void;
}

export abstract class TaskRunner<T extends RunningTask> implements WaitListener {
  protected readonly context: RunnerContext;
  /** When results were last written out. */
  protected flushedUs = 0;

  constructor(context: RunnerContext) {
    this.context = context;
  }

  /** What to call for a task whose code is loaded. */
  protected abstract bodyOf(task: T, callable: Callable): Callable;
  /** Loads the code of a task. */
  protected abstract load(task: T): Promise<Callable>;
  /** The body is called now. */
  protected abstract called(task: T): void;
  /** The body has ended; the reply comes next. */
  protected abstract left(task: T): void;
  /** The reply is written. */
  protected abstract over(task: T): void;

  protected start(task: T): void {
    task.state = "started";
    const { callable } = task.body;
    if (callable !== undefined && Array.isArray(task.args)) this.#call(task, callable, task.args);
    else this.#prepare(task).catch((error: unknown) => this.#notBegun(task, error));
  }

  /** The task fails before its body begins. */
  protected refuse(task: T, error: unknown): void {
    task.end();
    task.reply.failed(task, 0, error);
    task.reply.flush();
  }

  async #prepare(task: T): Promise<void> {
    const callable = task.body.callable ?? (await this.load(task));
    const args = typeof task.args === "function" ? await task.args() : task.args;
    this.#call(task, callable, args);
  }

  #notBegun(task: T, error: unknown): void {
    if (!(error instanceof LostArguments) || task.isCancelled) this.#fail(task, error);
    else if (task.state !== "over") {
      this.#leave(task);
      task.reply.argumentsLost(task, error.segmentKeys);
      this.over(task);
    }
  }

  #call(task: T, callable: Callable, args: readonly unknown[]): void {
    // While it was queued, or while its modules were loading.
    if (task.isCancelled) {
      this.called(task);
      this.#fail(task, task.signal.reason);
      return;
    }
    if (this.context.faults?.dieBeforeBody() === true) return;
    const nowUs = this.context.nowUs();
    const { estimateUs } = task.body;
    if (estimateUs === undefined || nowUs + estimateUs - this.flushedUs > FLUSH_TOGETHER_US) {
      // A finished result must not wait behind a body that may take long.
      this.context.flush();
      this.flushedUs = nowUs;
    }
    task.startedUs = nowUs;
    if (task.extras.timeoutMs !== undefined) {
      task.reply.started(task);
      task.reply.flush();
    }
    try {
      const result = taskStorage.run(task, this.bodyOf(task, callable), ...args);
      if (task.extras.streamBuffer !== undefined) this.#stream(task, result);
      else if (isThenable(result)) this.#await(task, result);
      else this.#succeed(task, result);
    } catch (error) {
      this.#fail(task, error);
    }
    this.called(task);
  }

  /** The elements go out one by one; the result is that there are no more. */
  #stream(task: T, result: unknown): void {
    if (!isIterator(result)) {
      this.#fail(task, new TypeError(`Cannot stream ${task.name}: it returned no generator`));
      return;
    }
    this.context.producers.run(task, result).then(
      () => this.#succeed(task, undefined),
      (error: unknown) => this.#fail(task, error),
    );
  }

  #await(task: T, result: PromiseLike<unknown>): void {
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

  #succeed(task: T, value: unknown): void {
    if (task.state === "over" || this.context.faults?.dieBeforeReply() === true) return;
    const durationUs = this.#durationOf(task);
    this.#leave(task);
    try {
      task.reply.succeeded(task, durationUs, resultsOf(task, value));
    } catch (error) {
      this.#replaceUnsendable(task, durationUs, value, error);
    }
    this.over(task);
  }

  /** Of a batch, only the items that cannot be sent fail. */
  #replaceUnsendable(task: T, durationUs: number, value: unknown, error: unknown): void {
    if (task.extras.batch === undefined) task.reply.failed(task, durationUs, error);
    else {
      const result = sendableOutcomes(value as BatchResult, this.context.packer);
      task.reply.succeeded(task, durationUs, [result]);
    }
  }

  #fail(task: T, error: unknown): void {
    // Where calls call each other without end, the others that it has called would go on with it.
    if (error instanceof CallDepthError) task.endCalls(error);
    if (task.state === "over" || this.context.faults?.dieBeforeReply() === true) return;
    const durationUs = this.#durationOf(task);
    this.#leave(task);
    task.reply.failed(task, durationUs, error);
    this.over(task);
  }

  #leave(task: T): void {
    const wasSuspended = task.isSuspended;
    task.end();
    if (wasSuspended) this.waitDropped(task);
    this.left(task);
  }

  #durationOf(task: T): number {
    if (task.startedUs === 0) return 0;
    const busyUs = this.context.nowUs() - task.startedUs - task.suspendedUs;
    const durationUs = task.suspendedUs > 0 ? Math.max(busyUs, WAITING_TASK_US) : busyUs;
    // Enough to know whether neighbours may wait for it; the submitter learns more exactly.
    task.body.estimateUs = durationUs;
    return Math.round(durationUs);
  }

  // Waiting.

  suspended(task: T): void {
    task.suspendedAtUs = this.context.nowUs();
    this.context.waits.began();
    this.waitBegan(task);
  }

  resumed(task: T): void {
    task.suspendedUs += this.context.nowUs() - task.suspendedAtUs;
    this.context.waits.ended();
    this.waitEnded(task);
  }

  protected abstract waitBegan(task: T): void;
  protected abstract waitEnded(task: T): void;
  /** The body has ended while something that it left behind waits. */
  protected abstract waitDropped(task: T): void;
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
