/**
 * The tasks that one process has submitted: what waits, what is pushed to which lease, how many
 * leases to ask for. Pure: a method per event, decisions go to a sink.
 *
 * Hot path: `submit`, `dispatch` and `finished` run once per task.
 */

import { LEASE_IDLE_MS } from "../base/limits.ts";
import { Board, type Posting } from "./board.ts";
import { HeldLease } from "./held-lease.ts";
import {
  hasRoom,
  isInUse,
  isLong,
  isShort,
  learn,
  roomiest,
  rounded,
  SHORT_TASKS_PER_LEASE,
  usefulLeases,
} from "./pipelining.ts";
import { isWithin, type Demand } from "./resources.ts";
import { SchedulingClass, type ClassTraits, type Task } from "./scheduling-class.ts";

export interface TaskSink<T extends Task> {
  push(task: T, lease: HeldLease): void;
  /** Leases wanted in all for the class; `isLong`: its next task does not belong beside others. */
  want(schedulingClass: SchedulingClass, leases: number, isLong: boolean): void;
  returnLease(lease: HeldLease): void;
  /** A task that was pushed is queued again: nothing of it has run, or will where it was. */
  takenBack(task: T): void;
}

/** What a task costs beside its body. */
const OVERHEAD_US = 3;
/** A holder that was asked for a busy lease keeps it this long. */
const RECLAIM_AFTER_MS = 100;

export class Tasks<T extends Task> {
  readonly #sink: TaskSink<T>;
  readonly board = new Board();
  readonly #classes = new Map<string, SchedulingClass>();
  readonly #classList: SchedulingClass[] = [];
  /** Classes where something changed since the last dispatch. */
  readonly #dirty = new Set<SchedulingClass>();
  #pending = 0;

  constructor(sink: TaskSink<T>) {
    this.#sink = sink;
  }

  /** Tasks submitted and not done. */
  get pending(): number {
    return this.#pending;
  }

  classOf(traits: ClassTraits): SchedulingClass {
    const { demand, environment, isExclusive, isRetriable } = traits;
    const key = `${demand.key};${environment};${isExclusive};${isRetriable}`;
    let found = this.#classes.get(key);
    if (found === undefined) {
      found = new SchedulingClass(this.#classList.length + 1, traits);
      this.#classes.set(key, found);
      this.#classList.push(found);
    }
    return found;
  }

  classes(): readonly SchedulingClass[] {
    return this.#classList;
  }

  getClass(classId: number): SchedulingClass | undefined {
    return this.#classList[classId - 1];
  }

  /** Counts the task; it runs only after `ready`. */
  submit(task: T): void {
    task.state = "waiting";
    this.#pending++;
  }

  /** The task's arguments are there. */
  ready(task: T): void {
    if (task.state !== "waiting") return;
    task.state = "queued";
    task.schedulingClass.queue.push(task);
    this.#dirty.add(task.schedulingClass);
  }

  /** The task is over without having run to its end: cancelled, timed out, or lost. */
  abandon(task: T): void {
    if (task.state === "done") return;
    if (task.state === "queued") {
      task.state = "done";
      task.schedulingClass.queue.withdraw();
      this.#dirty.add(task.schedulingClass);
    } else if (task.state === "waiting") task.state = "done";
    else throw new Error(`Cannot abandon task ${task.number}: it is ${task.state}`);
    this.#pending--;
  }

  /**
   * The task is on a lease and is not to run any more. Returns false if it may have begun;
   * otherwise it waits, never to run where it was, and goes on with `ready` or `abandon`.
   */
  takeDown(task: T): boolean {
    const { lease } = task;
    if (lease?.canClaim !== true || !this.board.takeDown(task.posting)) return false;
    task.posting = 0;
    this.#removeFrom(lease, task);
    task.lease = undefined;
    task.state = "waiting";
    return true;
  }

  /** The worker is done with the task, which took `durationUs` (undefined: not known). */
  finished(task: T, durationUs: number | undefined): void {
    if (task.state !== "pushed") return;
    task.state = "done";
    this.#pending--;
    if (durationUs !== undefined) learn(task.profile, durationUs);
    this.#answered(task);
  }

  /** A run of the task that is not its last one took so long. */
  learnFrom(task: T, durationUs: number): void {
    learn(task.profile, durationUs);
  }

  /** The task did not come to its end where it was pushed to: it runs again after `ready`. */
  takeBack(task: T): void {
    if (task.state !== "pushed") return;
    task.state = "waiting";
    this.#answered(task);
    task.lease = undefined;
  }

  #answered(task: T): void {
    const { lease } = task;
    if (lease === undefined) return;
    this.board.clear(task.posting);
    task.posting = 0;
    this.#removeFrom(lease, task);
    this.heardOf(lease);
  }

  /** The task has left the board already. */
  #removeFrom(lease: HeldLease, task: T): void {
    lease.remove(task);
    lease.schedulingClass.inFlight--;
    this.#dirty.add(lease.schedulingClass);
  }

  granted(leaseId: number, workerId: number, classId: number): HeldLease | undefined {
    const schedulingClass = this.getClass(classId);
    if (schedulingClass === undefined) return undefined;
    const lease = new HeldLease(leaseId, workerId, schedulingClass, this.board);
    schedulingClass.leases.push(lease);
    this.#dirty.add(schedulingClass);
    return lease;
  }

  /** The daemon wants the lease for somebody else. */
  reclaim(lease: HeldLease, nowMs: number): void {
    lease.reclaimAtMs = Math.min(lease.reclaimAtMs, nowMs + RECLAIM_AFTER_MS);
    this.#dirty.add(lease.schedulingClass);
  }

  setBlocked(lease: HeldLease, isBlocked: boolean): void {
    lease.isBlocked = isBlocked;
    this.#dirty.add(lease.schedulingClass);
  }

  /** The worker gets on with what is pushed to it. */
  heardOf(lease: HeldLease): void {
    if (lease.isStalled) this.#dirty.add(lease.schedulingClass);
    lease.moves();
  }

  /**
   * To be called `STALLED_AFTER_MS` after a push, and again as long as it returns true. What has
   * not begun on a lease that has brought nothing since the call before is taken back.
   */
  look(): boolean {
    let isAnyMoving = false;
    for (const { leases } of this.#classList) {
      for (const lease of leases) {
        const state = lease.look();
        if (state === "moves") isAnyMoving = true;
        else if (state === "stalls") this.#stalls(lease);
      }
    }
    return isAnyMoving;
  }

  #stalls(lease: HeldLease): void {
    lease.isStalled = true;
    this.#dirty.add(lease.schedulingClass);
    this.#takeBackUnbegun(lease);
  }

  /** Those tasks are queued again as they were: ahead of all others of their priority. */
  #takeBackUnbegun(lease: HeldLease): void {
    const taken: Task[] = [];
    for (const task of lease.tasks().reverse()) {
      if (task.wasStranded || !this.takeDown(task as T)) continue;
      taken.push(task);
      task.state = "queued";
      task.schedulingClass.queue.putBack(task);
      this.#sink.takenBack(task as T);
    }
    // Otherwise what has begun is what was in their way.
    if (lease.inFlight === 0) for (const task of taken) task.wasStranded = true;
  }

  /**
   * The worker is gone. Its tasks that have not begun are taken back; the others are returned, and
   * each must be ended with `finished` or `takeBack`: those that have begun, and those to which
   * this has happened before.
   */
  lost(lease: HeldLease): T[] {
    const leases = lease.schedulingClass.leases;
    const index = leases.indexOf(lease);
    if (index >= 0) leases.splice(index, 1);
    this.#dirty.add(lease.schedulingClass);
    this.#takeBackUnbegun(lease);
    return lease.tasks() as T[];
  }

  /** Takes out all tasks of a class that have not been pushed, to be failed by the caller. */
  takeQueued(schedulingClass: SchedulingClass): T[] {
    const taken: T[] = [];
    for (
      let t = schedulingClass.queue.shift();
      t !== undefined;
      t = schedulingClass.queue.shift()
    ) {
      t.state = "done";
      this.#pending--;
      taken.push(t as T);
    }
    schedulingClass.wanted = 0;
    // Also to the daemon: what was wanted last may have crossed its rejection.
    this.#sink.want(schedulingClass, 0, false);
    this.#dirty.add(schedulingClass);
    return taken;
  }

  /**
   * The newest queued task that needs no more than `held`, to be run in this process. It is
   * pushed from now on, without a lease; `finished` ends it.
   */
  takeLocal(held: Demand, environment: string): T | undefined {
    let best: SchedulingClass | undefined;
    let bestTask: Task | undefined;
    for (const candidate of this.#classList) {
      if (candidate.isExclusive || candidate.environment !== environment) continue;
      if (!isWithin(candidate.demand, held)) continue;
      const task = candidate.queue.newest();
      if (task === undefined) continue;
      if (bestTask !== undefined && !isBefore(task, bestTask)) continue;
      best = candidate;
      bestTask = task;
    }
    if (best === undefined) return undefined;
    const task = best.queue.takeNewest() as T;
    task.state = "pushed";
    this.#dirty.add(best);
    return task;
  }

  /** Pushes what can be pushed and says what is wanted. To be called after every turn's events. */
  dispatch(nowMs: number): void {
    for (const schedulingClass of this.#dirty) {
      if (schedulingClass.queue.size > 0) this.#pushQueued(schedulingClass, nowMs);
      this.#settleLeases(schedulingClass, nowMs);
    }
    this.#dirty.clear();
  }

  #pushQueued(schedulingClass: SchedulingClass, nowMs: number): void {
    const { queue, leases } = schedulingClass;
    for (let task = queue.first(); task !== undefined; task = queue.first()) {
      const lease = roomiest(leases, task, nowMs);
      if (lease === undefined) return;
      // A share for each lease at a time, so that none of them gets all of a small batch.
      let share = Math.min(SHORT_TASKS_PER_LEASE, Math.ceil(queue.size / leases.length));
      do {
        queue.shift();
        this.#push(task as T, lease);
        task = queue.first();
        share--;
      } while (share > 0 && task !== undefined && hasRoom(lease, task));
    }
  }

  #push(task: T, lease: HeldLease): void {
    task.state = "pushed";
    task.lease = lease;
    task.posting = this.board.post();
    task.expectedUs = (task.profile.estimateUs ?? 0) + OVERHEAD_US;
    lease.add(task, isShort(task));
    lease.schedulingClass.inFlight++;
    this.#sink.push(task, lease);
  }

  #settleLeases(schedulingClass: SchedulingClass, nowMs: number): void {
    const { leases } = schedulingClass;
    for (const lease of leases.slice()) {
      if (isInUse(lease)) continue;
      if (lease.reclaimAtMs === Infinity) lease.idleSinceMs = nowMs;
      else this.#giveBack(lease);
    }
    // Idle leases stay for a while: only `#giveBack` wants fewer than are held.
    const kept = Math.min(schedulingClass.wanted, leases.length);
    const wanted = Math.max(kept, rounded(usefulLeases(schedulingClass), schedulingClass));
    if (wanted > leases.length) this.#freeOthers(schedulingClass);
    this.#want(schedulingClass, wanted);
  }

  #want(schedulingClass: SchedulingClass, wanted: number): void {
    const next = schedulingClass.queue.first();
    const priority = next === undefined ? 0 : schedulingClass.queue.topPriority;
    if (wanted === schedulingClass.wanted && priority === schedulingClass.wantedPriority) return;
    schedulingClass.wanted = wanted;
    schedulingClass.wantedPriority = priority;
    this.#sink.want(schedulingClass, wanted, isLong(schedulingClass));
  }

  /** A class that waits gets what idle leases of this submitter's other classes hold. */
  #freeOthers(schedulingClass: SchedulingClass): void {
    for (const other of this.#classList) {
      if (other !== schedulingClass) this.#giveBackIdle(other, Infinity);
    }
  }

  /** Gives back leases that have been idle for a while. Returns whether any idle one is left. */
  trim(nowMs: number, idleMs = LEASE_IDLE_MS): boolean {
    let anyLeft = false;
    for (const schedulingClass of this.#classList) {
      this.#giveBackIdle(schedulingClass, nowMs - idleMs);
      anyLeft ||= schedulingClass.leases.some((lease) => !isInUse(lease));
    }
    return anyLeft;
  }

  #giveBackIdle(schedulingClass: SchedulingClass, idleSinceAtMostMs: number): void {
    if (schedulingClass.queue.size > 0) return;
    for (const lease of [...schedulingClass.leases]) {
      if (!isInUse(lease) && lease.idleSinceMs <= idleSinceAtMostMs) this.#giveBack(lease);
    }
  }

  #giveBack(lease: HeldLease): void {
    const { leases, queue, wanted } = lease.schedulingClass;
    leases.splice(leases.indexOf(lease), 1);
    // Said first: otherwise the daemon would grant again what comes back.
    if (queue.size === 0) this.#want(lease.schedulingClass, Math.min(wanted, leases.length));
    this.#sink.returnLease(lease);
  }

  #postings(): Posting[] {
    const postings: Posting[] = [];
    for (const { leases } of this.#classList) {
      for (const lease of leases) for (const { posting } of lease.tasks()) postings.push(posting);
    }
    return postings;
  }

  /** Throws if two fields disagree. */
  validate(): void {
    for (const schedulingClass of this.#classList) {
      schedulingClass.queue.validate();
      const inFlight = schedulingClass.leases.reduce((sum, lease) => sum + lease.inFlight, 0);
      if (inFlight > schedulingClass.inFlight) {
        throw new Error(
          `Cannot have ${inFlight} tasks on the leases of class ${schedulingClass.classId}: ` +
            `${schedulingClass.inFlight} are in flight`,
        );
      }
      for (const lease of schedulingClass.leases) lease.validate();
    }
    this.board.validate(this.#postings());
    if (this.#pending < 0) throw new Error(`Cannot have ${this.#pending} tasks pending`);
  }
}

function isBefore(task: Task, other: Task): boolean {
  if (task.priority !== other.priority) return task.priority > other.priority;
  return task.number > other.number;
}
