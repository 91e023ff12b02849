/** What tasks have, and the classes that they and their leases belong to. */

import type { Posting } from "./board.ts";
import type { HeldLease } from "./held-lease.ts";
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
  /** Where it stands on the board, while it is on a lease. */
  posting: Posting;
  /**
   * It was taken back from a lease on which nothing had begun. It is pushed alone from now on, and
   * stays: should its worker end again, reading its arguments may be what ends workers.
   */
  wasStranded: boolean;
  /** Its neighbours in the line of its lease. */
  ahead: Task | undefined;
  behind: Task | undefined;
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
