/**
 * Leases of one machine: who may push tasks to which worker, and what they hold meanwhile.
 * Pure: the daemon feeds what happened; decisions go to a sink, in the order they must be done.
 *
 * A submitter states, per scheduling class, how many leases it wants in all. It is a level, not
 * a request: saying it twice changes nothing, and a lower number withdraws what is not granted.
 */

import {
  CPU,
  demandOf,
  onlyOf,
  ResourcePool,
  without,
  type Demand,
  type Shortage,
} from "./resources.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface Lease {
  readonly leaseId: number;
  readonly submitterId: number;
  readonly classId: number;
  readonly workerId: number;
  readonly demand: Demand;
  /** It lasts as long as its holder wants, or as the worker lives. */
  readonly isDedicated: boolean;
  readonly isRetriable: boolean;
  readonly grantedMs: number;
  /** All tasks of the lease wait for refs: its resources are free for others. */
  parked: boolean;
}

/** What one submitter wants of one scheduling class. */
export interface Wish {
  readonly submitterId: number;
  readonly classId: number;
  readonly demand: Demand;
  readonly environment: string;
  readonly priority: number;
  /** Known to run long: never put into a process with waiting tasks. */
  readonly isLong: boolean;
  /**
   * For one worker that nobody else gets, an actor's. The grant fulfils the wish; said again, it
   * is for another one once that is gone. It is a process more than those that the cores have
   * tasks for.
   */
  readonly isDedicated: boolean;
  /** What runs there may run again, should the worker end. */
  readonly isRetriable: boolean;
  /** Leases in all, those it has included. */
  readonly wanted: number;
}

interface Waiting extends Wish {
  wanted: number;
  priority: number;
  isLong: boolean;
  readonly held: Set<number>;
  /** Order among equal priorities; moves to the end with each grant. */
  turn: number;
  waitingSinceMs: number;
  reported: boolean;
}

export interface LeaseSink {
  grant(lease: Lease): void;
  /** The class can never be served; its wish is forgotten. */
  reject(wish: Wish, shortage: Shortage): void;
  /** There are as many dedicated leases and wishes as there may be; this one is forgotten. */
  rejectDedicated(wish: Wish, dedicatedMax: number): void;
  /** Asks the holder to give the lease back soon; idle ones at once. */
  reclaim(lease: Lease): void;
  startWorker(environment: string): void;
}

const NOTHING = demandOf({});

export class Leases {
  readonly #resources: ResourcePool;
  readonly #workers: WorkerPool;
  readonly #sink: LeaseSink;
  readonly #dedicatedMax: number;
  readonly #leases = new Map<number, Lease>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #reclaimed = new Set<number>();
  #nextLeaseId = 1;
  #nextTurn = 1;

  constructor(total: Demand, workers: WorkerPool, sink: LeaseSink, dedicatedMax = Infinity) {
    this.#resources = new ResourcePool(total);
    this.#workers = workers;
    this.#sink = sink;
    this.#dedicatedMax = dedicatedMax;
  }

  /** Somebody holds a lease or waits for one. */
  get isActive(): boolean {
    return this.#waiting.size > 0 || this.#leases.size > 0;
  }

  resources(): { total: Record<string, number>; available: Record<string, number> } {
    return { total: this.#resources.total(), available: this.#resources.available() };
  }

  want(wish: Wish, nowMs: number): void {
    const shortage = this.#resources.shortage(wish.demand);
    if (shortage !== undefined) {
      this.#sink.reject(wish, shortage);
      return;
    }
    const key = keyOf(wish);
    const before = this.#waiting.get(key);
    if (before === undefined && wish.wanted === 0) return;
    if (before === undefined && wish.isDedicated && this.#dedicated() >= this.#dedicatedMax) {
      this.#sink.rejectDedicated(wish, this.#dedicatedMax);
      return;
    }
    if (before === undefined) this.#begin(key, wish, nowMs);
    else {
      if (!isPending(before)) before.waitingSinceMs = nowMs;
      before.wanted = wish.wanted;
      before.priority = wish.priority;
      before.isLong = wish.isLong;
      this.#forgetIfDone(key, before);
    }
    this.schedule(nowMs);
  }

  #begin(key: string, wish: Wish, nowMs: number): void {
    const turn = this.#nextTurn++;
    const waiting = { held: new Set<number>(), turn, waitingSinceMs: nowMs, reported: false };
    this.#waiting.set(key, { ...wish, ...waiting });
  }

  /** Those who have a worker of their own, or wait for one. */
  #dedicated(): number {
    let count = 0;
    for (const { isDedicated } of this.#waiting.values()) if (isDedicated) count++;
    return count;
  }

  returned(leaseId: number, nowMs: number): void {
    this.#end(leaseId, nowMs);
    this.schedule(nowMs);
  }

  parked(leaseId: number, nowMs: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined || lease.parked) return;
    lease.parked = true;
    this.#resources.release(freeWhileParked(lease));
    if (!lease.isDedicated) this.#workers.leaseParked(lease.workerId);
    this.schedule(nowMs);
  }

  resumed(leaseId: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined || !lease.parked) return;
    lease.parked = false;
    this.#resources.acquire(freeWhileParked(lease));
    if (!lease.isDedicated) this.#workers.leaseResumed(lease.workerId);
  }

  workerReady(workerId: number, nowMs: number): void {
    this.#workers.ready(workerId, nowMs);
    this.schedule(nowMs);
  }

  /** Ends the worker's leases and forgets what it wanted. */
  workerExited(workerId: number, nowMs: number): void {
    this.#workers.exited(workerId);
    for (const lease of [...this.#leases.values()]) {
      if (lease.workerId === workerId) this.#end(lease.leaseId, nowMs);
    }
    this.submitterGone(workerId, nowMs);
  }

  submitterGone(submitterId: number, nowMs: number): void {
    for (const [key, waiting] of this.#waiting) {
      if (waiting.submitterId === submitterId) this.#waiting.delete(key);
    }
    for (const lease of [...this.#leases.values()]) {
      if (lease.submitterId === submitterId) this.#end(lease.leaseId, nowMs);
    }
    this.schedule(nowMs);
  }

  /** Wishes of an environment whose workers cannot start; they are forgotten. */
  takeWishes(environment: string): Wish[] {
    const failed: Wish[] = [];
    for (const [key, waiting] of this.#waiting) {
      if (waiting.environment !== environment || !isPending(waiting)) continue;
      failed.push(waiting);
      // What is held stays; what comes back of it is not granted again.
      const rest = { ...waiting, wanted: 0 };
      this.#waiting.set(key, rest);
      this.#forgetIfDone(key, rest);
    }
    return failed;
  }

  all(): Iterable<Lease> {
    return this.#leases.values();
  }

  leasesFrom(submitterId: number): Lease[] {
    return [...this.#leases.values()].filter((lease) => lease.submitterId === submitterId);
  }

  leasesOf(workerId: number): Lease[] {
    return [...this.#leases.values()].filter((lease) => lease.workerId === workerId);
  }

  /** Wishes that have waited for `waitedMs`, each once, and the leases that hold what they lack. */
  overdue(nowMs: number, waitedMs: number): { wish: Wish; holders: Lease[] }[] {
    const found: { wish: Wish; holders: Lease[] }[] = [];
    for (const waiting of this.#waiting.values()) {
      // Who holds some leases gets on, if slowly.
      if (waiting.wanted === 0 || waiting.held.size > 0 || waiting.reported) continue;
      if (nowMs - waiting.waitingSinceMs < waitedMs) continue;
      waiting.reported = true;
      const missing = this.#resources.missing(waiting.demand);
      const holders = [...this.#leases.values()].filter((lease) => holdsAny(lease, missing));
      found.push({ wish: waiting, holders });
    }
    return found;
  }

  /** Grants all that can be granted now, and asks for workers and leases that are missing. */
  schedule(nowMs: number): void {
    const inOrder = this.#inOrder();
    if (inOrder.length === 0) return;
    const blocked = new Set<string>();
    const tentative: Demand[] = [];
    const starts = new Map<string, number>();
    for (const waiting of inOrder) {
      let pending = waiting.wanted - waiting.held.size;
      while (pending > 0) {
        const missing = this.#resources.missing(waiting.demand);
        const waitsBehind = waiting.demand.amounts.some(([resource]) => blocked.has(resource));
        if (missing.length > 0 || waitsBehind) {
          // Whoever comes first gets what becomes free; smaller demands do not overtake it.
          for (const resource of missing) blocked.add(resource);
          this.#reclaimFor(waiting, missing);
          break;
        }
        pending--;
        const workerId = this.#workerFor(waiting, starts);
        if (workerId !== undefined) this.#grant(waiting, workerId, nowMs);
        else {
          tentative.push(waiting.demand);
          this.#resources.acquire(waiting.demand);
        }
      }
    }
    for (const demand of tentative) this.#resources.release(demand);
  }

  /** A worker to grant now; otherwise one is being started, or nothing can be done yet. */
  #workerFor(waiting: Waiting, starts: Map<string, number>): number | undefined {
    const environment = waiting.environment;
    const idle = this.#workers.takeIdle(environment, waiting.isDedicated);
    if (idle !== undefined) return idle.workerId;
    const awaited = (starts.get(environment) ?? 0) + 1;
    if (awaited > this.#workers.countStarting(environment)) {
      if (waiting.isDedicated) {
        if (!this.#workers.mayStartDedicated()) return undefined;
        this.#sink.startWorker(environment);
      } else if (this.#workers.mayStart(environment, waiting.isLong)) {
        this.#sink.startWorker(environment);
      } else return this.#workers.takeParked(environment)?.workerId;
    }
    starts.set(environment, awaited);
    return undefined;
  }

  #grant(waiting: Waiting, workerId: number, nowMs: number): void {
    const lease: Lease = {
      leaseId: this.#nextLeaseId++,
      submitterId: waiting.submitterId,
      classId: waiting.classId,
      workerId,
      demand: waiting.demand,
      isDedicated: waiting.isDedicated,
      isRetriable: waiting.isRetriable,
      grantedMs: nowMs,
      parked: false,
    };
    this.#leases.set(lease.leaseId, lease);
    this.#resources.acquire(lease.demand);
    waiting.held.add(lease.leaseId);
    if (waiting.isDedicated) waiting.wanted = 0;
    waiting.turn = this.#nextTurn++;
    waiting.waitingSinceMs = nowMs;
    waiting.reported = false;
    this.#sink.grant(lease);
  }

  #end(leaseId: number, nowMs: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.#leases.delete(leaseId);
    this.#reclaimed.delete(leaseId);
    if (lease.parked) this.#resources.acquire(freeWhileParked(lease));
    this.#resources.release(lease.demand);
    this.#workers.leaseEnded(lease.workerId, lease.parked && !lease.isDedicated, nowMs);
    const key = keyOf(lease);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    waiting.held.delete(leaseId);
    this.#forgetIfDone(key, waiting);
  }

  #reclaimFor(waiting: Waiting, missing: readonly string[]): void {
    for (const lease of this.#leases.values()) {
      if (waiting.held.has(lease.leaseId) || lease.parked || lease.isDedicated) continue;
      if (this.#reclaimed.has(lease.leaseId) || !holdsAny(lease, missing)) continue;
      this.#reclaimed.add(lease.leaseId);
      this.#sink.reclaim(lease);
    }
  }

  #inOrder(): Waiting[] {
    return [...this.#waiting.values()]
      .filter(isPending)
      .sort((a, b) => b.priority - a.priority || a.turn - b.turn);
  }

  #forgetIfDone(key: string, waiting: Waiting): void {
    if (waiting.wanted === 0 && waiting.held.size === 0) this.#waiting.delete(key);
  }

  /** Throws if two fields disagree. */
  validate(): void {
    this.#resources.validate([...this.#leases.values()].map(heldBy));
    this.#workers.validate();
    const counts = new Map<number, number>();
    for (const { workerId } of this.#leases.values()) {
      counts.set(workerId, (counts.get(workerId) ?? 0) + 1);
    }
    for (const [workerId, count] of counts) {
      const leases = this.#workers.find(workerId)?.leases ?? "no";
      if (leases !== count) {
        throw new Error(
          `Cannot have ${count} leases of worker ${workerId}: it counts ${leases} leases`,
        );
      }
    }
    for (const [key, waiting] of this.#waiting) {
      if (waiting.isDedicated && waiting.held.size > 1) {
        throw new Error(`Cannot hold ${waiting.held.size} workers for ${key}: it wants one`);
      }
      for (const leaseId of waiting.held) {
        const lease = this.#leases.get(leaseId);
        if (lease === undefined || keyOf(lease) !== key) {
          throw new Error(`Cannot hold lease ${leaseId} for ${key}: it is not there`);
        }
      }
    }
  }
}

/** What others may have meanwhile: of an actor its cores only, it keeps all else that it has. */
function freeWhileParked({ demand, isDedicated }: Lease): Demand {
  return isDedicated ? onlyOf(demand, CPU) : demand;
}

function heldBy(lease: Lease): Demand {
  if (!lease.parked) return lease.demand;
  return lease.isDedicated ? without(lease.demand, CPU) : NOTHING;
}

function keyOf(of: { submitterId: number; classId: number }): string {
  return `${of.submitterId}/${of.classId}`;
}

function isPending(waiting: Waiting): boolean {
  return waiting.wanted > waiting.held.size;
}

function holdsAny(lease: Lease, resources: readonly string[]): boolean {
  return lease.demand.amounts.some(([resource]) => resources.includes(resource));
}
