/**
 * How many tasks are in flight on a lease, and how many leases are of use: short tasks share a
 * lease, long ones have it for themselves.
 */

import {
  LEASES_WANTED_MAX,
  PIPELINE_TASKS_MAX,
  PIPELINE_US,
  SHORT_TASK_US,
} from "../base/limits.ts";
import type { HeldLease } from "./held-lease.ts";
import type { Profile, SchedulingClass, Task } from "./scheduling-class.ts";

/** Short tasks are worth a lease only when there are this many for it. */
export const SHORT_TASKS_PER_LEASE = 16;
/** From here on a function counts as long. */
const LONG_TASK_US = 20_000;

/** The mean of the last runs, leaning to the long ones. */
export function learn(profile: Profile, durationUs: number): void {
  const estimate = profile.estimateUs;
  if (estimate === undefined) profile.estimateUs = durationUs;
  else {
    // Up fast, down slowly: taking a long task for a short one delays its neighbours.
    const weight = durationUs > estimate ? 0.5 : 0.1;
    profile.estimateUs = estimate + (durationUs - estimate) * weight;
  }
}

/** Others may be in flight beside it. */
export function isShort(task: Task): boolean {
  if (task.wasStranded || task.schedulingClass.isExclusive) return false;
  const estimate = task.profile.estimateUs;
  return estimate !== undefined && estimate <= SHORT_TASK_US;
}

export function isInUse(lease: HeldLease): boolean {
  return lease.inFlight > 0 || lease.isBlocked || lease.isStalled;
}

export function hasRoom(lease: HeldLease, task: Task): boolean {
  if (lease.isBlocked || lease.isStalled) return false;
  if (lease.inFlight === 0) return true;
  return (
    !lease.isOccupied &&
    isShort(task) &&
    lease.takesQueued &&
    lease.inFlight < PIPELINE_TASKS_MAX &&
    lease.inFlightUs < PIPELINE_US
  );
}

/** The lease with the least in flight that may take the task; the first one among equals. */
export function roomiest(
  leases: readonly HeldLease[],
  task: Task,
  nowMs: number,
): HeldLease | undefined {
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
export function rounded(leases: number, { leasesMax }: SchedulingClass): number {
  if (leases <= leasesMax) return leases;
  return Math.min(LEASES_WANTED_MAX, 2 ** Math.ceil(Math.log2(leases)));
}

/** Leases that the class has work for, those it holds included. */
export function usefulLeases(schedulingClass: SchedulingClass): number {
  const { queue, leases, inFlight } = schedulingClass;
  const next = queue.first();
  if (next === undefined) return 0;
  if (!isShort(next)) {
    const heldUp = leases.filter((lease) => lease.isHeldUp).length;
    return queue.size + inFlight + heldUp;
  }
  // Short tasks share leases, but not those where a long one runs.
  let occupied = 0;
  for (const { isOccupied, isBlocked, isStalled } of leases) {
    if (isOccupied || isBlocked || isStalled) occupied++;
  }
  const shared = Math.max(1, queue.size + inFlight - occupied);
  return occupied + Math.ceil(shared / SHORT_TASKS_PER_LEASE);
}

/** Its next task does not belong beside others. */
export function isLong({ queue, isExclusive }: SchedulingClass): boolean {
  const estimateUs = queue.first()?.profile.estimateUs;
  return isExclusive || (estimateUs !== undefined && estimateUs > LONG_TASK_US);
}
