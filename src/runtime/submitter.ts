/**
 * Calls remote functions: carries out what `core/tasks.ts` decides about where their tasks run.
 */

import type { Clock, Timer } from "../base/clock.ts";
import { GRACE_MS } from "../base/limits.ts";
import type { ClassTraits, HeldLease, SchedulingClass } from "../core/scheduling-class.ts";
import { Tasks, type TaskSink } from "../core/tasks.ts";
import type { Demand } from "../core/resources.ts";
import type { Calls } from "./calls.ts";
import type { DaemonLink } from "./daemon-link.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { CallSite, Content } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peers } from "./peers.ts";
import type { CallKeeper, Cancellation, Inlined } from "./pending-call.ts";
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
  /** Why a task of that name has no result, and how often it was tried. */
  readonly errorFor: (taskName: string, failures: readonly string[]) => Error;
}

export class Submitter implements TaskSink<RemoteTask>, CallKeeper<RemoteTask> {
  readonly tasks = new Tasks<RemoteTask>(this);
  readonly #context: SubmitterContext;
  readonly #leases = new Map<number, HeldLease>();
  readonly #retries: Retries;
  #dispatchScheduled = false;
  #trimTimer: Timer | undefined;
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
    const { workerId } = task.lease;
    if (!calls.askToEnd(task, cancellation) || !cancellation.isForced) return;
    const timer = clock.setTimeout(() => {
      daemon.killWorker(workerId, `${task.name} did not end by itself`);
    }, GRACE_MS);
    task.whenAttemptOver(() => clock.clearTimeout(timer));
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
    const peer = peers.get(lease.workerId);
    try {
      writeTask(task, lease, peer, objects, port);
    } catch (error) {
      // Its arguments are too large together: known only now, when refs have become values.
      calls.fail(task, { kind: "error", error });
    }
  }

  want(schedulingClass: SchedulingClass, leases: number, isLong: boolean): void {
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

  /** Gives back at once what is not in use. */
  returnIdleLeases(): void {
    this.tasks.trim(Infinity, 0);
  }

  workerGone(loss: WorkerLoss): void {
    const { workerId, isAskedFor } = loss;
    for (const lease of [...this.#leases.values()]) {
      if (lease.workerId !== workerId) continue;
      this.#leases.delete(lease.leaseId);
      this.tasks.lost(lease);
    }
    const suspects = new Set<HeldLease>();
    for (const task of [...this.#context.calls.inFlight]) {
      const { lease } = task instanceof RemoteTask ? task : NO_LEASE;
      if (lease?.workerId !== workerId) continue;
      // Of those that were in line on one lease, only the first one can have done it.
      const isSuspect = !isAskedFor && !suspects.has(lease);
      suspects.add(lease);
      this.#lost(task as RemoteTask, isSuspect, loss);
    }
    this.#scheduleDispatch();
  }

  /** Its worker has ended, and it had no part in that unless it is `isSuspect`. */
  #lost(task: RemoteTask, isSuspect: boolean, { retryDelayMs, errorFor }: WorkerLoss): void {
    const { calls } = this.#context;
    const isWanted = task.results[0]!.isPending;
    if (isWanted && task.options.maxRetries > 0 && !isSuspect) {
      this.#takeBack(task);
      this.ready(task);
    } else if (task.mayRunAgain) {
      this.#takeBack(task);
      this.#retries.later(task, errorFor(task.name, []).message, retryDelayMs);
    } else calls.fail(task, { kind: "error", error: errorFor(task.name, task.failures) });
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

/** Values that had come may be lost. */
function areThere(inlined: readonly Inlined[]): boolean {
  for (const { record } of inlined) if (record.isPending) return false;
  return true;
}

const NO_LEASE: { readonly lease: undefined } = { lease: undefined };
