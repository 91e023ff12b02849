/**
 * Calls remote functions: captures arguments, carries out what `core/tasks.ts` decides, and turns
 * results into settled objects.
 */

import { TaskCancelledError, TaskTimeoutError } from "../base/errors.ts";
import { GRACE_MS } from "../base/limits.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import type { ClassTraits, HeldLease, SchedulingClass } from "../core/scheduling-class.ts";
import { Tasks, type TaskSink } from "../core/tasks.ts";
import type { Demand } from "../core/resources.ts";
import { Kind } from "../wire/messages.ts";
import { captureArguments, refsAmong } from "./call-arguments.ts";
import type { DaemonLink } from "./daemon-link.ts";
import type { FunctionRecord } from "./function-record.ts";
import { objectName, type CallSite, type Content, type ObjectRecord } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import type { Packer } from "./packer.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer, Peers } from "./peers.ts";
import { RemoteTask, type Arguments, type CallOptions, type Inlined } from "./remote-task.ts";
import type { Segments } from "./segments.ts";
import { outsideTasks, type TaskScope } from "./task-scope.ts";
import { SignalFollowers } from "./signal-followers.ts";
import { readResult, writeTask } from "./task-messages.ts";

/** What the submitter uses of its process. */
export interface SubmitterContext {
  readonly objects: Objects;
  readonly packer: Packer;
  readonly segments: Segments;
  readonly port: PayloadPort;
  readonly peers: Peers;
  readonly daemon: DaemonLink;
  readonly now: () => number;
  /** Called when the first task is pending, and when none is. */
  readonly setBusy: (isBusy: boolean) => void;
}

export class Submitter implements TaskSink<RemoteTask> {
  readonly tasks = new Tasks<RemoteTask>(this);
  readonly #context: SubmitterContext;
  readonly #inFlight = new Map<number, RemoteTask>();
  readonly #leases = new Map<number, HeldLease>();
  readonly #signals = new SignalFollowers();
  /** Tasks that are not over and have refs, or stored arguments. */
  readonly holding = new Set<RemoteTask>();
  #taskCount = 0;
  #dispatchScheduled = false;
  #trimTimer: NodeJS.Timeout | undefined;
  #ended: Error | undefined;
  /** Asks a task that runs in this process to end; set in workers. */
  cancelLocal: ((task: RemoteTask, reason: unknown) => void) | undefined;
  /** Told when there may be a task to run in this process; set in workers. */
  onQueued: (() => void) | undefined;

  constructor(context: SubmitterContext) {
    this.#context = context;
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
    if (this.#ended !== undefined) throw this.#ended;
    parent?.throwIfCancelled();
    const inlined = refsAmong(args);
    const task = new RemoteTask(
      ++this.#taskCount,
      record,
      options,
      captureArguments(args, inlined, this.#context.packer),
      this.#newResults(options.numReturns ?? 1, site),
    );
    task.parent = parent;
    const { args: captured } = task;
    if (captured.kind === "payload" && captured.payload.segments.length > 0) {
      task.whenOver(() => this.#context.segments.letGo(captured.payload));
    }
    if (inlined !== undefined || holdsObjects(captured)) {
      this.holding.add(task);
      task.whenOver(() => this.holding.delete(task));
    }
    for (const result of task.results) result.maker = task;
    if (this.tasks.pending === 0) this.#context.setBusy(true);
    this.tasks.submit(task);
    if (options.signal !== undefined && !this.#obey(options.signal, task)) return task;
    if (inlined === undefined) this.#ready(task);
    else this.#awaitArguments(task, inlined);
    return task;
  }

  #newResults(count: number, site: CallSite | undefined): ObjectRecord[] {
    const results: ObjectRecord[] = [];
    for (let i = 0; i < count; i++) {
      results.push(this.#context.objects.create(site));
    }
    return results;
  }

  /** Returns false if the signal is aborted already. */
  #obey(signal: AbortSignal, task: RemoteTask): boolean {
    if (signal.aborted) {
      this.#cancelFor(task, signal.reason, false);
      return false;
    }
    task.whenOver(this.#signals.follow(signal, (reason) => this.#cancelFor(task, reason, false)));
    return true;
  }

  #awaitArguments(task: RemoteTask, inlined: readonly Inlined[]): void {
    task.inlined = inlined;
    for (const { record } of inlined) record.needed();
    task.whenOver(() => {
      for (const { record } of inlined) record.noLongerNeeded();
    });
    task.missing = inlined.length;
    const arrived = (record: ObjectRecord): void => {
      task.missing--;
      if (record.isFailed && task.state === "waiting") this.#abandon(task, record.content!);
      else if (task.missing === 0) this.#ready(task);
    };
    for (const { record } of inlined) {
      record.isObserved = true;
      record.whenSettled(arrived);
    }
  }

  #ready(task: RemoteTask): void {
    this.tasks.ready(task);
    this.#scheduleDispatch();
    this.onQueued?.();
  }

  /** Everything that happens in one turn is decided together, and written together. */
  #scheduleDispatch(): void {
    if (this.#dispatchScheduled) return;
    this.#dispatchScheduled = true;
    queueMicrotask(() => {
      this.#dispatchScheduled = false;
      this.tasks.dispatch(this.#context.now());
      if (this.tasks.pending === 0) this.#trimLater();
    });
  }

  #trimLater(): void {
    if (this.#trimTimer !== undefined || this.#leases.size === 0) return;
    const trim = (): void => {
      this.#trimTimer = undefined;
      if (this.tasks.trim(this.#context.now())) this.#trimLater();
    };
    this.#trimTimer = outsideTasks(() => setTimeout(trim, 1_000).unref());
  }

  // TaskSink.

  push(task: RemoteTask, lease: HeldLease): void {
    this.#inFlight.set(task.number, task);
    const peer = this.#context.peers.get(lease.workerId);
    try {
      writeTask(task, lease, peer, this.#context.objects, this.#context.port);
    } catch (error) {
      // Its arguments are too large together: known only now, when refs have become values.
      this.#over(task, undefined);
      this.#failAll(task, { kind: "error", error });
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
    this.tasks.reclaim(lease, this.#context.now());
    this.#scheduleDispatch();
  }

  /** The tasks of a class can never run. */
  rejected(classId: number, error: Error): void {
    const schedulingClass = this.tasks.getClass(classId);
    if (schedulingClass === undefined) return;
    for (const task of this.tasks.takeQueued(schedulingClass)) {
      task.over();
      this.#failAll(task, { kind: "error", error });
    }
    this.#checkBusy();
  }

  /** Gives back at once what is not in use. */
  returnIdleLeases(): void {
    this.tasks.trim(Infinity, 0);
  }

  workerGone(workerId: number, errorFor: (task: RemoteTask) => Error): void {
    for (const lease of [...this.#leases.values()]) {
      if (lease.workerId !== workerId) continue;
      this.#leases.delete(lease.leaseId);
      this.tasks.lost(lease);
    }
    for (const task of [...this.#inFlight.values()]) {
      if (task.lease?.workerId !== workerId) continue;
      this.#over(task, undefined);
      this.#failAll(task, { kind: "error", error: errorFor(task) });
    }
    this.#scheduleDispatch();
  }

  // From workers.

  resultCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const task = this.#inFlight.get(body.number());
    const durationUs = body.number();
    const contents = readResult(peer, body, buffers, this.#context.port);
    if (task === undefined) return;
    this.#over(task, durationUs);
    this.#settleAll(task, contents);
  }

  voidCame(body: MsgpackReader): void {
    const task = this.#inFlight.get(body.number());
    if (task === undefined) return;
    this.#over(task, body.number());
    this.#settleAll(task, [{ kind: "primitive", value: undefined }]);
  }

  failureCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const task = this.#inFlight.get(body.number());
    const durationUs = body.number();
    const payload = this.#context.port.read(peer, body, buffers);
    if (task === undefined) return;
    this.#over(task, durationUs);
    this.#failAll(task, { kind: "failure", payload });
  }

  startedCame(body: MsgpackReader): void {
    const task = this.#inFlight.get(body.number());
    const timeoutMs = task?.options.timeoutMs;
    if (task === undefined || timeoutMs === undefined) return;
    const timer = setTimeout(() => {
      const error = new TaskTimeoutError(
        `Cannot finish task ${task.name}: it ran for longer than its timeoutMs of ${timeoutMs}; ` +
          "give it more time, or less to do",
        { timeoutMs },
      );
      this.#stop(task, error, true);
    }, timeoutMs);
    task.whenOver(() => clearTimeout(timer));
  }

  /** The task here that called what runs on a worker, as far as that can be told. */
  parentOfTaskOn(workerId: number): TaskScope | undefined {
    for (const task of this.#inFlight.values()) {
      if (task.lease?.workerId === workerId && task.parent !== undefined) return task.parent;
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
    const task = this.tasks.takeLocal(held, environment);
    if (task !== undefined) this.#inFlight.set(task.number, task);
    return task;
  }

  localOver(task: RemoteTask, durationUs: number, contents: readonly Content[]): void {
    this.#over(task, durationUs);
    this.#settleAll(task, contents);
  }

  // Ends.

  /** Ends the task behind a result, if there is one and it is not done. */
  cancel(record: ObjectRecord, isForced: boolean): void {
    const task = record.maker;
    if (!(task instanceof RemoteTask)) return;
    const name = objectName(record.key);
    const reason = new TaskCancelledError(`Cannot get result ${name} of ${task.name}: cancelled`);
    this.#cancelFor(task, reason, isForced);
  }

  /** Somebody wants the task to end: that it fails is no news to anybody. */
  #cancelFor(task: RemoteTask, reason: unknown, isForced: boolean): void {
    for (const record of task.results) record.isObserved = true;
    this.#stop(task, reason, isForced);
  }

  /** Rejects the results with `reason`; a task that runs is asked to end, or ended. */
  #stop(task: RemoteTask, reason: unknown, isForced: boolean): void {
    if (task.state === "done") return;
    const content: Content = { kind: "error", error: reason };
    if (task.state !== "pushed") {
      this.#abandon(task, content);
      return;
    }
    this.#failAll(task, content);
    if (task.lease === undefined) {
      this.cancelLocal?.(task, reason);
      return;
    }
    const workerId = task.lease.workerId;
    const peer = this.#context.peers.find(workerId);
    if (peer === undefined) return;
    const payload = this.#context.packer.packError(reason);
    this.#context.port.send(peer, Kind.cancel, 3, payload, (body) => body.integer(task.number));
    if (!isForced) return;
    const timer = setTimeout(() => {
      this.#context.daemon.killWorker(workerId, `${task.name} did not end by itself`);
    }, GRACE_MS);
    task.whenOver(() => clearTimeout(timer));
  }

  #abandon(task: RemoteTask, content: Content): void {
    this.tasks.abandon(task);
    task.over();
    this.#failAll(task, content);
    this.#checkBusy();
    this.#scheduleDispatch();
  }

  /** The worker is done with the task. */
  #over(task: RemoteTask, durationUs: number | undefined): void {
    this.#inFlight.delete(task.number);
    this.tasks.finished(task, durationUs);
    task.over();
    this.#checkBusy();
    this.#scheduleDispatch();
  }

  #checkBusy(): void {
    if (this.tasks.pending === 0) this.#context.setBusy(false);
  }

  #settleAll({ results }: RemoteTask, contents: readonly Content[]): void {
    const objects = this.#context.objects;
    for (let i = 0; i < results.length; i++) objects.settle(results[i]!, contents[i]!);
  }

  #failAll(task: RemoteTask, content: Content): void {
    for (const record of task.results) this.#context.objects.settle(record, content);
  }

  /** The runtime is over: nothing that is pending will come, and no call is taken. */
  end(error: Error): void {
    this.#ended = error;
    clearTimeout(this.#trimTimer);
    const pending = [...this.#inFlight.values()];
    for (const task of pending) this.#over(task, undefined);
    for (const schedulingClass of this.tasks.classes()) {
      pending.push(...this.tasks.takeQueued(schedulingClass));
    }
    for (const task of pending) {
      // Whoever ended the runtime knows that nothing more will come of it.
      for (const record of task.results) record.isObserved = true;
      task.over();
      this.#failAll(task, { kind: "error", error });
    }
    this.#context.setBusy(false);
  }
}

function holdsObjects(args: Arguments): boolean {
  if (args.kind === "primitives") return false;
  return args.payload.refs.length > 0 || args.payload.segments.length > 0;
}
