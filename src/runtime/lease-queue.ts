/** What one lease has brought to this worker. */

import { Deque } from "../base/deque.ts";
import type { Demand } from "../core/resources.ts";
import type { LeasedTask } from "./leased-task.ts";
import type { TaskReply } from "./running-task.ts";

export class LeaseQueue {
  readonly leaseId: number;
  readonly demand: Demand;
  /** Pushed and not started. */
  readonly queued = new Deque<LeasedTask>();
  /** Started and not over: suspended ones, and at most one that is not. */
  readonly startedTasks = new Set<LeasedTask>();
  suspended = 0;
  isParked = false;
  /** Told to the holder when its last task is over before children that run here. */
  blockedFor: TaskReply | undefined;

  constructor(leaseId: number, demand: Demand) {
    this.leaseId = leaseId;
    this.demand = demand;
  }

  /** Nothing of the lease uses the CPU now. */
  get isFree(): boolean {
    return this.startedTasks.size === this.suspended;
  }

  get isEmpty(): boolean {
    return this.startedTasks.size === 0 && this.queued.size === 0;
  }

  /** Nothing that was pushed is left, but children of it are. */
  get isLeftBehind(): boolean {
    if (this.queued.size > 0 || this.startedTasks.size === 0) return false;
    for (const task of this.startedTasks) if (!task.isLocal) return false;
    return true;
  }

  /** Everything here waits for refs, and something does. */
  get isWaiting(): boolean {
    return this.startedTasks.size > 0 && this.isFree && this.queued.size === 0;
  }
}
