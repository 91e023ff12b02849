/** What tasks, the leases that they run on and the classes that both belong to have. */

import type { Demand } from "./resources.ts";
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
  /** Such a task may run again, should its worker end. */
  readonly isRetriable: boolean;
  /** Leases that the machine can grant at the same time. */
  readonly leasesMax: number;
}

/** Tasks that can use each other's leases. */
export class SchedulingClass implements ClassTraits {
  readonly classId: number;
  readonly demand: Demand;
  readonly environment: string;
  readonly isExclusive: boolean;
  readonly isRetriable: boolean;
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
    this.isRetriable = traits.isRetriable;
    this.leasesMax = traits.leasesMax;
  }
}
