/** What the daemon tells users about resources. */

import { WAITING_REPORT_MS } from "../base/limits.ts";
import type { Lease, Wish } from "../core/leases.ts";
import { amountsOf, type Shortage } from "../core/resources.ts";

/** `total`: what the machine offers, by resource. */
export function describeShortage(
  { requested, resource }: Shortage,
  total: Readonly<Record<string, number>>,
  isForActor: boolean,
): string {
  const what = isForActor ? "actor" : "task";
  return (
    `Cannot schedule ${what}: it needs ${requested} of ${resource}, ` +
    `this machine has ${describeAmounts(total)}; ask for less, or offer more with ` +
    "init({ resources })"
  );
}

/** Who has waited long, and for whom. `pidOf`: of a worker. */
export function describeWait(
  wish: Wish,
  holders: readonly Lease[],
  pidOf: (workerId: number) => number | undefined,
): string {
  const needs = describeAmounts(amountsOf(wish.demand));
  const held = holders.map((lease) => {
    return `worker ${pidOf(lease.workerId)} holds ${describeAmounts(amountsOf(lease.demand))}`;
  });
  const who = held.length === 0 ? "no worker is free" : held.join(", ");
  const waiters = wish.isDedicated ? "An actor has" : "Tasks have";
  return `${waiters} waited ${WAITING_REPORT_MS / 1000} s for ${needs}: ${who}\n`;
}

function describeAmounts(amounts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(amounts).map(([resource, amount]) => `${resource}: ${amount}`);
  return `{ ${parts.join(", ")} }`;
}
