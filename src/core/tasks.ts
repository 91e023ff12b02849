/**
 * The tasks that one process has submitted: what waits, what is pushed to which lease, how many
 * leases to ask for. Pure: a method per event, decisions go to a sink.
 *
 * Hot path: `submit`, `dispatch` and `finished` run once per task.
 */

import {
  LEASES_WANTED_MAX,
  LEASE_IDLE_MS,
  PIPELINE_TASKS_MAX,
  PIPELINE_US,
  SHORT_TASK_US,
} from "../base/limits.ts";
import { isWithin, type Demand } from "./resources.ts";
import { TaskQueue } from "./task-queue.ts";

/** What is known of a function's running time; shared by its tasks. */
export interface Profile {
  /** Mean of the last runs, leaning to the long ones; undefined before the first. */
  estimateUs: number | undefined;
}

/** `waiting`: for its arguments. `pushed`: to a worker, or run in this process. */
export type TaskState = "waiting" | "queued" | "pushed" | "done";

/** What this class needs of a task; the runtime's own task class has more. */
export interface Task {
  readonly number: number;
  readonly profile: Profile;
  readonly schedulingClass: SchedulingClass;
  readonly priority: number;
  state: TaskState;
  /** Where it runs, while pushed. */
  lease: HeldLease | undefined;
  expectedUs: number;
}

/** A lease as its holder sees it. */
export class HeldLease {
  readonly leaseId: number;
  readonly workerId: number;
  readonly schedulingClass: SchedulingClass;
  inFlight = 0;
  inFlightUs = 0;
  /** A task is in flight that is not known to be short: nothing is queued behind it. */
  isOccupied = false;
  /** From then on nothing is pushed and the lease goes back when it is empty. */
  reclaimAtMs = Infinity;
  idleSinceMs = 0;
  /** Children that a finished task has left behind still run in the worker. */
  isBlocked = false;

  constructor(leaseId: number, workerId: number, schedulingClass: SchedulingClass) {
    this.leaseId = leaseId;
    this.workerId = workerId;
    this.schedulingClass = schedulingClass;
  }
}

/** What tasks must have in common to use each other's leases. */
export interface ClassTraits {
  readonly demand: Demand;
  readonly environment: string;
  /**
   * Such a task never shares a process with others: it may have to be ended with it. Nothing is
   * in flight beside it, and it does not run where tasks wait.
   */
  readonly isExclusive: boolean;
  /** Leases that the machine can grant at the same time. */
  readonly leasesMax: number;
}

/** Tasks that can use each other's leases. */
export class SchedulingClass implements ClassTraits {
  readonly classId: number;
  readonly demand: Demand;
  readonly environment: string;
  readonly isExclusive: boolean;
  readonly leasesMax: number;
  readonly queue = new TaskQueue();
  readonly leases: HeldLease[] = [];
  /** What the daemon was told last. */
  wanted = 0;
  wantedPriority = 0;
  inFlight = 0;

  constructor(classId: number, traits: ClassTraits) {
    this.classId = classId;
    this.demand = traits.demand;
    this.environment = traits.environment;
    this.isExclusive = traits.isExclusive;
    this.leasesMax = traits.leasesMax;
  }
}

export interface TaskSink<T extends Task> {
  push(task: T, lease: HeldLease): void;
  /** Leases wanted in all for the class; `isLong`: its next task does not belong beside others. */
  want(schedulingClass: SchedulingClass, leases: number, isLong: boolean): void;
  returnLease(lease: HeldLease): void;
}

/** Short tasks are worth a lease only when there are this many for it. */
const SHORT_TASKS_PER_LEASE = 16;
/** What a task costs beside its body. */
const OVERHEAD_US = 3;
/** A holder that was asked for a busy lease keeps it this long. */
const RECLAIM_AFTER_MS = 100;
/** From here on a function counts as long. */
const LONG_TASK_US = 20_000;

export class Tasks<T extends Task> {
  readonly #sink: TaskSink<T>;
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
    const { demand, environment, isExclusive } = traits;
    const key = `${demand.key};${environment};${isExclusive}`;
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

  /** The worker is done with the task, which took `durationUs` (undefined: not known). */
  finished(task: T, durationUs: number | undefined): void {
    if (task.state !== "pushed") return;
    task.state = "done";
    this.#pending--;
    if (durationUs !== undefined) learn(task.profile, durationUs);
    const lease = task.lease;
    if (lease === undefined) return;
    lease.inFlight--;
    lease.inFlightUs -= task.expectedUs;
    lease.schedulingClass.inFlight--;
    if (lease.inFlight === 0) lease.isOccupied = false;
    this.#dirty.add(lease.schedulingClass);
  }

  granted(leaseId: number, workerId: number, classId: number): HeldLease | undefined {
    const schedulingClass = this.getClass(classId);
    if (schedulingClass === undefined) return undefined;
    const lease = new HeldLease(leaseId, workerId, schedulingClass);
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

  /** The worker is gone. Its tasks must be ended one by one with `finished`. */
  lost(lease: HeldLease): void {
    const leases = lease.schedulingClass.leases;
    const index = leases.indexOf(lease);
    if (index >= 0) leases.splice(index, 1);
    this.#dirty.add(lease.schedulingClass);
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
    task.expectedUs = (task.profile.estimateUs ?? 0) + OVERHEAD_US;
    lease.inFlight++;
    lease.inFlightUs += task.expectedUs;
    lease.schedulingClass.inFlight++;
    if (!isShort(task)) lease.isOccupied = true;
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
    const estimateUs = next?.profile.estimateUs;
    const isLong = estimateUs !== undefined && estimateUs > LONG_TASK_US;
    this.#sink.want(schedulingClass, wanted, isLong || schedulingClass.isExclusive);
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
      for (const lease of schedulingClass.leases) {
        if (lease.inFlight < 0 || (lease.isOccupied && lease.inFlight === 0)) {
          throw new Error(`Cannot have ${lease.inFlight} tasks on lease ${lease.leaseId}`);
        }
      }
    }
    if (this.#pending < 0) throw new Error(`Cannot have ${this.#pending} tasks pending`);
  }
}

function learn(profile: Profile, durationUs: number): void {
  const estimate = profile.estimateUs;
  if (estimate === undefined) profile.estimateUs = durationUs;
  else {
    // Up fast, down slowly: taking a long task for a short one delays its neighbours.
    const weight = durationUs > estimate ? 0.5 : 0.1;
    profile.estimateUs = estimate + (durationUs - estimate) * weight;
  }
}

function isShort(task: Task): boolean {
  const estimate = task.profile.estimateUs;
  return estimate !== undefined && estimate <= SHORT_TASK_US && !task.schedulingClass.isExclusive;
}

function isBefore(task: Task, other: Task): boolean {
  if (task.priority !== other.priority) return task.priority > other.priority;
  return task.number > other.number;
}

function isInUse(lease: HeldLease): boolean {
  return lease.inFlight > 0 || lease.isBlocked;
}

function hasRoom(lease: HeldLease, task: Task): boolean {
  if (lease.isBlocked) return false;
  if (lease.inFlight === 0) return true;
  return (
    !lease.isOccupied &&
    isShort(task) &&
    lease.inFlight < PIPELINE_TASKS_MAX &&
    lease.inFlightUs < PIPELINE_US
  );
}

/** The lease with the least in flight that may take the task; the first one among equals. */
function roomiest(leases: readonly HeldLease[], task: Task, nowMs: number): HeldLease | undefined {
  let best: HeldLease | undefined;
  for (const lease of leases) {
    if (nowMs >= lease.reclaimAtMs || !hasRoom(lease, task)) continue;
    if (best === undefined || lease.inFlight < best.inFlight) best = lease;
  }
  return best;
}

/**
 * More than the machine can grant at a time is wanted too: tasks that wait for others give their
 * CPU back. It is said in powers of two, so that not every task makes a message.
 */
function rounded(leases: number, { leasesMax }: SchedulingClass): number {
  if (leases <= leasesMax) return leases;
  return Math.min(LEASES_WANTED_MAX, 2 ** Math.ceil(Math.log2(leases)));
}

/** Leases that the class has work for, those it holds included. */
function usefulLeases(schedulingClass: SchedulingClass): number {
  const { queue, leases, inFlight } = schedulingClass;
  const next = queue.first();
  if (next === undefined) return 0;
  if (!isShort(next)) {
    const blocked = leases.filter((lease) => lease.isBlocked).length;
    return queue.size + inFlight + blocked;
  }
  // Short tasks share leases, but not those where a long one runs.
  let occupied = 0;
  for (const lease of leases) if (lease.isOccupied || lease.isBlocked) occupied++;
  const shared = Math.max(1, queue.size + inFlight - occupied);
  return occupied + Math.ceil(shared / SHORT_TASKS_PER_LEASE);
}
