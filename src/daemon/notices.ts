/** What the daemon tells users about resources and workers. */

import { WAITING_REPORT_MS } from "../base/limits.ts";
import type { FrozenDecision } from "../core/frozen-workers.ts";
import type { Lease, Wish } from "../core/leases.ts";
import type { MemoryPlace, Victim } from "../core/memory-watch.ts";
import { amountsOf, CPU, MEMORY, type Shortage } from "../core/resources.ts";
import type { WorkerExit } from "./worker-handle.ts";

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
    `init({ ${optionFor(resource)} })`
  );
}

function optionFor(resource: string): string {
  if (resource === CPU) return "numCpus";
  return resource === MEMORY ? "memoryBytes" : "resources";
}

export function describeTooManyActors(actorsMax: number): string {
  return (
    `Cannot create actor: ${actorsMax} are alive or about to be, as many as this runtime may ` +
    "have; end some first, or allow more with init({ actorsMax })"
  );
}

/** `reason`: why the daemon ended it, if it did. */
export function describeFailedStart(
  pid: number,
  reason: string | undefined,
  { exitCode, signal, stderrTail }: WorkerExit,
): string {
  if (pid === 0) {
    return (
      `Cannot start worker: the system refuses it (${stderrTail.join(" ")}); give it a smaller ` +
      "environment, or allow more processes and open files"
    );
  }
  const how = reason ?? `it ended with ${signal ?? `code ${exitCode}`}`;
  const last = stderrTail.length === 0 ? "" : `\n  ${stderrTail.join("\n  ")}`;
  return `Cannot start worker ${pid}: ${how} before it was ready${last}`;
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

/** Why a worker is ended for its memory. `usageMax`: the share that may be in use. */
export function describeVictim(victim: Victim, usageMax: number): string {
  const used = mebibytes(victim.usedBytes);
  if (victim.kind === "limit") {
    return `it held ${used} MiB, more than its memoryBytes of ${mebibytes(victim.limitBytes)} MiB`;
  }
  return `${inUse(victim, victim.placeName)}, more than ${percent(usageMax)} %`;
}

/** Nobody can be ended. */
export function describeHelplessness(place: MemoryPlace): string {
  return (
    `Memory is nearly used up: ${inUse(place, place.name)}, and no worker holds much of it; ` +
    "let the program, or others, use less before the kernel ends processes\n"
  );
}

function inUse(of: { usedBytes: number; limitBytes: number }, name: string): string {
  return `${mebibytes(of.usedBytes)} of ${mebibytes(of.limitBytes)} MiB of ${name} are in use`;
}

export function describeFrozen(decision: FrozenDecision, pid: number, limitMs: number): string {
  if (decision.kind === "resumed") {
    return `Worker ${pid} goes on, after ${seconds(decision.forMs)} s\n`;
  }
  if (decision.kind === "replace") {
    return (
      `Worker ${pid} was stopped for ${seconds(decision.forMs)} s and is ended: its tasks run ` +
      "again, its actor restarts if it may\n"
    );
  }
  const otherwise = limitMs === Infinity ? "" : `; otherwise it is ended in ${seconds(limitMs)} s`;
  return `Worker ${pid} is stopped; let it go on with kill -CONT ${pid}${otherwise}\n`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1).replace(/\.0$/, "");
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}
