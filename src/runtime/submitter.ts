/**
 * Calls remote functions: carries out what `core/tasks.ts` decides about where their tasks run.
 */

import type { Clock, Timer } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { TaskCancelledError } from "../base/errors.ts";
import { GRACE_MS, STALLED_AFTER_MS } from "../base/limits.ts";
import type { HeldLease } from "../core/held-lease.ts";
import type { ClassTraits, SchedulingClass } from "../core/scheduling-class.ts";
import { Tasks, type TaskSink } from "../core/tasks.ts";
import { memoryBytesOf, type Demand } from "../core/resources.ts";
import type { Boards } from "../store/boards.ts";
import type { Calls } from "./calls.ts";
import type { DaemonLink } from "./daemon-link.ts";
import type { LostTask } from "./exit-text.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { CallSite, Content } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peers } from "./peers.ts";
import { areThere, type CallKeeper, type Cancellation } from "./pending-call.ts";
import { RemoteTask, type CallOptions } from "./remote-task.ts";
import { Retries } from "./retries.ts";
import { outsideTasks, type TaskScope } from "./task-scope.ts";
import { writeTask } from "./task-messages.ts";

export interface SubmitterContext {
  readonly calls: Calls;
  readonly objects: Objects;
  readonly port: PayloadPort;
  readonly peers: Peers;
  readonly daemon: DaemonLink;
  readonly boards: Boards;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** A worker has ended. */
export interface WorkerLoss {
  readonly workerId: number;
  /** It was ended on purpose: no task had a part in it. */
  readonly isAskedFor: boolean;
  /** How long a task that may have had a part waits after its first failure. */
  readonly retryDelayMs: number;
  /** Why the task has no result, after `failures`. */
  readonly errorFor: (task: LostTask, failures: readonly string[]) => Error;
}

export class Submitter implements TaskSink<RemoteTask>, CallKeeper<RemoteTask> {
  readonly tasks = new Tasks<RemoteTask>(this);
  readonly #context: SubmitterContext;
  readonly #leases = new Map<number, HeldLease>();
  readonly #retries: Retries;
  #dispatchScheduled = false;
  #trimTimer: Timer | undefined;
  #lookTimer: Timer | undefined;
  /** Asks a task that runs in this process to end; set in workers. */
  cancelLocal: ((task: RemoteTask, cancellation: Cancellation) => void) | undefined;
  /** Told when there may be a task to run in this process; set in workers. */
  onQueued: (() => void) | undefined;

  constructor(context: SubmitterContext) {
    this.#context = context;
    this.#retries = new Retries({
      ...context,
      ready: (task) => this.ready(task),
      giveUp: (task, content) => this.#giveUp(task, content),
    });
  }

  classOf(traits: Omit<ClassTraits, "leasesMax">): SchedulingClass {
    const leasesMax = this.#context.daemon.leasesMax(traits.demand);
    return this.tasks.classOf({ ...traits, leasesMax });
  }

  /** Hot path. Throws if an argument cannot be sent; everything else rejects the result. */
  submit(
    record: FunctionRecord,
    options: CallOptions,
    args: readonly unknown[],
    site: CallSite | undefined,
    parent: TaskScope | undefined,
  ): RemoteTask {
    const { calls } = this.#context;
    const task = calls.create(options, args, site, parent, (number, captured, results) => {
      return new RemoteTask(number, record, options, captured, results, this);
    });
    this.tasks.submit(task);
    calls.begin(task);
    return task;
  }

  /** Its results are lost: it runs again. */
  resubmit(task: RemoteTask): void {
    const { calls } = this.#context;
    calls.add(task);
    this.tasks.submit(task);
    calls.begin(task);
  }

  // CallKeeper.

  ready(task: RemoteTask): void {
    this.tasks.ready(task);
    this.#scheduleDispatch();
    this.onQueued?.();
  }

  abandoned(task: RemoteTask): void {
    this.tasks.abandon(task);
    this.#scheduleDispatch();
  }

  sendAgain(task: RemoteTask): void {
    this.#takeBack(task);
    this.#context.calls.awaitAgain(task);
    // There is room where it was.
    this.#scheduleDispatch();
  }

  finished(task: RemoteTask, durationUs: number | undefined): void {
    this.tasks.finished(task, durationUs);
    this.#scheduleDispatch();
  }

  stopped(task: RemoteTask, cancellation: Cancellation): void {
    if (task.lease === undefined) {
      this.cancelLocal?.(task, cancellation);
      return;
    }
    const { calls, daemon, clock } = this.#context;
    if (this.tasks.takeDown(task)) {
      calls.unsent(task);
      this.#giveUp(task, { kind: "error", error: cancellation.reason });
      this.#scheduleDispatch();
      return;
    }
    const { workerId } = task.lease;
    if (!calls.cancelling.askToEnd(task, cancellation) || !cancellation.isForced) return;
    const deadline = new Deadline(clock, GRACE_MS, () => {
      daemon.killWorker(workerId, `${task.name} did not end by itself`);
    });
    task.whenAttemptOver(() => deadline.callOff());
  }

  /** Everything that happens in one turn is decided together, and written together. */
  #scheduleDispatch(): void {
    if (this.#dispatchScheduled) return;
    this.#dispatchScheduled = true;
    queueMicrotask(() => {
      this.#dispatchScheduled = false;
      this.tasks.dispatch(this.#context.clock.nowMs());
      if (this.tasks.pending === 0) this.#trimLater();
    });
  }

  #trimLater(): void {
    if (this.#trimTimer !== undefined || this.#leases.size === 0) return;
    const { clock } = this.#context;
    const trim = (): void => {
      this.#trimTimer = undefined;
      if (this.tasks.trim(clock.nowMs())) this.#trimLater();
    };
    this.#trimTimer = outsideTasks(() => clock.setTimeout(trim, 1_000).unref());
  }

  // TaskSink.

  push(task: RemoteTask, lease: HeldLease): void {
    const { calls, peers, objects, port } = this.#context;
    calls.sent(task);
    if (!areThere(task.inlined)) {
      this.sendAgain(task);
      return;
    }
    if (this.#lookTimer === undefined) this.#lookLater();
    const peer = peers.get(lease.workerId);
    try {
      writeTask(task, lease, peer, objects, port);
    } catch (error) {
      // Its arguments are too large together: known only now, when refs have become values.
      calls.fail(task, { kind: "error", error });
    }
  }

  /** For as long as something is in flight that may have to be taken back. */
  #lookLater(): void {
    const look = (): void => {
      this.#lookTimer = undefined;
      if (this.tasks.look()) this.#lookLater();
      this.#scheduleDispatch();
    };
    const { clock } = this.#context;
    // What has come while this process was busy is read before it is missed.
    const lookSoon = (): void => clock.setImmediate(look);
    this.#lookTimer = outsideTasks(() => clock.setTimeout(lookSoon, STALLED_AFTER_MS).unref());
  }

  takenBack(task: RemoteTask): void {
    this.#context.calls.unsent(task);
    if (task.stream?.isClosed !== true) return;
    // The worker was told to close what it had not begun.
    const error = new TaskCancelledError("Cannot begin: its stream was closed");
    this.#giveUp(task, { kind: "error", error });
  }

  want(schedulingClass: SchedulingClass, leases: number, isLong: boolean): void {
    // While workers are found, or started.
    this.tasks.board.open(this.#context.boards.own());
    this.#context.daemon.want(schedulingClass, leases, isLong);
  }

  returnLease(lease: HeldLease): void {
    this.#leases.delete(lease.leaseId);
    this.#context.daemon.returnLease(lease.leaseId);
  }

  // From the daemon.

  granted(leaseId: number, workerId: number, classId: number): void {
    const lease = this.tasks.granted(leaseId, workerId, classId);
    if (lease === undefined) return;
    this.#leases.set(leaseId, lease);
    this.#scheduleDispatch();
  }

  reclaim(leaseId: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.tasks.reclaim(lease, this.#context.clock.nowMs());
    this.#scheduleDispatch();
  }

  /** The tasks of a class can never run. */
  rejected(classId: number, error: Error): void {
    const schedulingClass = this.tasks.getClass(classId);
    if (schedulingClass === undefined) return;
    for (const task of this.tasks.takeQueued(schedulingClass)) {
      this.#context.calls.failUnsent(task, { kind: "error", error });
    }
  }

  get holdsLeases(): boolean {
    return this.#leases.size > 0;
  }

  /** Gives back at once what is not in use. */
  returnIdleLeases(): void {
    this.tasks.trim(Infinity, 0);
  }

  workerGone(loss: WorkerLoss): void {
    const { workerId, isAskedFor } = loss;
    for (const lease of [...this.#leases.values()]) {
      if (lease.workerId !== workerId) continue;
      this.#leases.delete(lease.leaseId);
      for (const task of this.tasks.lost(lease)) this.#lost(task, !isAskedFor, loss);
    }
    this.#context.boards.forget(workerId);
    this.#scheduleDispatch();
  }

  /** Its worker has ended, and it may have caused that if it is a suspect. */
  #lost(task: RemoteTask, isSuspect: boolean, { retryDelayMs, errorFor }: WorkerLoss): void {
    const { calls } = this.#context;
    const isWanted = task.results[0]!.isPending;
    if (isWanted && task.options.maxRetries > 0 && !isSuspect) {
      this.#takeBack(task);
      this.ready(task);
    } else if (task.mayRunAgain) {
      this.#takeBack(task);
      this.#retries.later(task, errorFor(lostTask(task), []).message, retryDelayMs);
    } else calls.fail(task, { kind: "error", error: errorFor(lostTask(task), task.failures) });
  }

  /** It is not where it was sent any more. */
  #takeBack(task: RemoteTask): void {
    this.#context.calls.unsent(task);
    this.tasks.takeBack(task);
  }

  failed(task: RemoteTask, failure: Content, durationUs: number): boolean {
    const { shouldRetry } = task.options;
    if (shouldRetry === undefined || !task.mayRunAgain) return false;
    this.tasks.learnFrom(task, durationUs);
    this.#takeBack(task);
    this.#retries.ask(task, failure, shouldRetry);
    return true;
  }

  #giveUp(task: RemoteTask, content: Content): void {
    this.tasks.abandon(task);
    this.#context.calls.failUnsent(task, content);
  }

  // From workers.

  /** The task here that called what runs on a worker, as far as that can be told. */
  parentOfTaskOn(workerId: number): TaskScope | undefined {
    for (const task of this.#context.calls.inFlight) {
      if (!(task instanceof RemoteTask) || task.parent === undefined) continue;
      if (task.lease?.workerId === workerId) return task.parent;
    }
    return undefined;
  }

  /** A lease is of no use for now: what a task has left behind in the worker still runs. */
  blockedCame(leaseId: number, isBlocked: boolean): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.tasks.setBlocked(lease, isBlocked);
    this.#scheduleDispatch();
  }

  /** A worker has met a task that was taken back: it gets on again. */
  droppedCame(leaseId: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.tasks.heardOf(lease);
    this.#scheduleDispatch();
  }

  // Tasks that this process runs itself.

  takeLocal(held: Demand, environment: string): RemoteTask | undefined {
    for (;;) {
      const task = this.tasks.takeLocal(held, environment);
      if (task === undefined) return undefined;
      this.#context.calls.sent(task);
      if (areThere(task.inlined)) return task;
      this.sendAgain(task);
    }
  }

  localArgumentsLost(task: RemoteTask, segmentKeys: readonly number[]): void {
    this.#context.calls.argumentsLost(task, segmentKeys);
  }

  localFailed(task: RemoteTask, failure: Content, durationUs: number): void {
    this.#context.calls.bodyFailed(task, failure, durationUs);
  }

  localOver(task: RemoteTask, durationUs: number, contents: readonly Content[]): void {
    this.#context.calls.succeed(task, durationUs, contents);
  }

  /** The runtime is over. */
  end(error: Error): void {
    this.#context.clock.clearTimeout(this.#trimTimer);
    this.#context.clock.clearTimeout(this.#lookTimer);
    for (const task of this.#retries.undecided) {
      this.tasks.abandon(task);
      this.#context.calls.endUnsent(task, error);
    }
    for (const schedulingClass of this.tasks.classes()) {
      for (const task of this.tasks.takeQueued(schedulingClass)) {
        this.#context.calls.endUnsent(task, error);
      }
    }
  }
}

function lostTask({ name, schedulingClass }: RemoteTask): LostTask {
  return { name, memoryBytes: memoryBytesOf(schedulingClass.demand) };
}
