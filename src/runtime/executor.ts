/**
 * Runs tasks in a worker: those that others push on leases, and, while everything here waits,
 * children of its own tasks, newest first.
 *
 * Hot path: `#start` once per task. Of what is started on a lease, at most one task is not
 * waiting for refs.
 */

import type { Timer } from "../base/clock.ts";
import { PARK_AFTER_MS, TURN_US } from "../base/limits.ts";
import type { Demand } from "../core/resources.ts";
import type { Claims } from "./claims.ts";
import type { Callable, FunctionRecord } from "./function-record.ts";
import type { Functions } from "./functions.ts";
import { LeaseQueue } from "./lease-queue.ts";
import type { LeasedTask } from "./leased-task.ts";
import type { Cancellation } from "./pending-call.ts";
import { OverdueTasks } from "./overdue-tasks.ts";
import { runBatch } from "./run-batch.ts";
import type { Line, Waiters } from "./wait-reports.ts";
import { TaskRunner, type RunnerContext } from "./task-runner.ts";

export interface ExecutorContext extends RunnerContext {
  readonly functions: Functions;
  readonly claims: Claims;
  /** A child of a task that runs here, if one is queued that needs no more than `held`. */
  readonly takeChild: (held: Demand, queue: LeaseQueue) => LeasedTask | undefined;
  /** All of the lease waits for refs; its CPU is free until `leaseResumed`. */
  readonly leaseParked: (leaseId: number) => void;
  readonly leaseResumed: (leaseId: number) => void;
  readonly endProcess: (reason: string) => void;
}

export class Executor extends TaskRunner<LeasedTask> implements Waiters {
  readonly #context: ExecutorContext;
  readonly #leases = new Map<number, LeaseQueue>();
  readonly #overdue: OverdueTasks;
  #isRunScheduled = false;
  #parkTimer: Timer | undefined;

  constructor(context: ExecutorContext) {
    super(context);
    this.#context = context;
    this.#overdue = new OverdueTasks({
      clock: context.clock,
      started: () => this.started(),
      endProcess: context.endProcess,
    });
    context.waits.add(this);
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

  enqueue(task: LeasedTask): void {
    task.leaseQueue.queued.push(task);
    if (task.leaseQueue.isParked) this.#resume(task.leaseQueue);
    this.scheduleRun();
  }

  /** Tasks whose bodies run or wait. */
  *started(): Generator<LeasedTask> {
    for (const queue of this.#leases.values()) yield* queue.startedTasks;
  }

  /** Tasks that are pushed to a lease do not stand in line: they run when others wait. */
  *lines(): Generator<Line> {
    yield { running: this.started(), queued: [] };
  }

  breakCircle(callId: number, error: Error): void {
    for (const task of this.started()) if (task.id === callId) task.breakWaits(error);
  }

  cancel(isTask: (task: LeasedTask) => boolean, cancellation: Cancellation): void {
    for (const task of this.#tasks()) {
      if (!isTask(task)) continue;
      task.cancel(cancellation);
      if (task.isLocal && cancellation.isForced) this.#overdue.expect(task);
    }
  }

  /** Who would have ended by force what the process has called here is gone. */
  callerGone(processId: number, reason: Error): void {
    for (const task of this.#tasks()) {
      if (task.spec.submitterId !== processId) continue;
      task.cancel({ reason, isForced: true, isRecursive: true });
      this.#overdue.expect(task);
    }
  }

  #tasks(): LeasedTask[] {
    return [...this.#leases.values()].flatMap(({ queued, startedTasks }) => {
      return [...queued, ...startedTasks];
    });
  }

  /** Runs what can run, soon: at the end of this turn, or after the sockets were looked at. */
  scheduleRun(): void {
    if (this.#isRunScheduled) return;
    this.#isRunScheduled = true;
    queueMicrotask(() => this.#runAll());
  }

  #runAll(): void {
    this.#isRunScheduled = false;
    const beganUs = this.context.nowUs();
    this.flushedUs = beganUs;
    for (const queue of this.#leases.values()) {
      while (queue.isFree) {
        const task = queue.queued.shift() ?? this.#context.takeChild(queue.demand, queue);
        if (task === undefined) break;
        if (!this.#context.claims.claim(task.spec.submitterId, task.posting)) {
          this.#drop(task);
          continue;
        }
        queue.startedTasks.add(task);
        this.start(task);
        if (this.context.nowUs() - beganUs > TURN_US) {
          this.#isRunScheduled = true;
          this.context.clock.setImmediate(() => this.#runAll());
          return;
        }
      }
    }
    this.#parkLater();
  }

  /** Whoever pushed it has taken it back: it runs elsewhere, or not at all. */
  #drop(task: LeasedTask): void {
    task.end();
    task.reply.dropped(task.leaseQueue.leaseId);
    this.over(task);
  }

  protected bodyOf(task: LeasedTask, callable: Callable): Callable {
    const { batch } = task.extras;
    if (batch === undefined) return callable;
    return (items) => runBatch(callable, batch, items as readonly unknown[], this.context.nowUs);
  }

  protected load(task: LeasedTask): Promise<Callable> {
    return this.#context.functions.prepare(task.body as FunctionRecord, this.context.packer);
  }

  protected called(): void {
    // The next task starts when this one waits or has ended.
  }

  /** The task is done with its lease; said ahead of its result if children of it are not. */
  protected left(task: LeasedTask): void {
    const queue = task.leaseQueue;
    queue.startedTasks.delete(task);
    if (!task.isLocal && queue.isLeftBehind) {
      queue.blockedFor = task.reply;
      task.reply.leaseBlocked(queue.leaseId, true);
    }
  }

  protected over(task: LeasedTask): void {
    const queue = task.leaseQueue;
    this.#overdue.over(task);
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

  protected waitBegan(task: LeasedTask): void {
    task.leaseQueue.suspended++;
    this.scheduleRun();
  }

  protected waitEnded(task: LeasedTask): void {
    const queue = task.leaseQueue;
    queue.suspended--;
    if (queue.isParked) this.#resume(queue);
  }

  protected waitDropped(task: LeasedTask): void {
    task.leaseQueue.suspended--;
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
    this.#parkTimer = this.context.clock.setTimeout(() => {
      this.#parkTimer = undefined;
      for (const queue of this.#leases.values()) {
        if (!queue.isWaiting || queue.isParked) continue;
        queue.isParked = true;
        this.#context.leaseParked(queue.leaseId);
      }
    }, PARK_AFTER_MS);
  }
}
