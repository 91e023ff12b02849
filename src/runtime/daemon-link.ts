/** This process's side of its link to the daemon: what it may ask, in words. */

import type { Wish } from "../core/leases.ts";
import type { Demand } from "../core/resources.ts";
import type { SchedulingClass } from "../core/scheduling-class.ts";
import type { WaitReport } from "../core/wait-graph.ts";
import type { FileName } from "../store/store-file.ts";
import type { Link } from "../wire/link.ts";
import { writePlain } from "../values/plain-data.ts";
import { Kind } from "../wire/messages.ts";
import type { MemoryTable } from "./memory-table.ts";

export class DaemonLink {
  readonly link: Link;
  readonly #total: ReadonlyMap<string, number>;
  readonly #environments = new Set<string>();
  readonly #asked = new Map<number, Asker>();
  #requestCount = 0;
  #ended: Error | undefined;

  /** `total`: what the machine offers, to know how many leases make sense. */
  constructor(link: Link, total: Demand) {
    this.link = link;
    this.#total = new Map(total.amounts);
  }

  /** Tasks of this demand that the machine can run at the same time. */
  leasesMax(demand: Demand): number {
    let most = Infinity;
    for (const [resource, units] of demand.amounts) {
      most = Math.min(most, Math.max(1, Math.floor((this.#total.get(resource) ?? 0) / units)));
    }
    return most;
  }

  want(schedulingClass: SchedulingClass, leases: number, isLong: boolean): void {
    const { classId, demand, environment, isRetriable, wantedPriority } = schedulingClass;
    const kind = { priority: wantedPriority, isLong, isDedicated: false, isRetriable };
    this.#want({ classId, demand, environment, ...kind }, leases);
  }

  /** A worker for one actor, which may restart or not; 0 leases: no longer wanted. */
  wantDedicated(
    classId: number,
    { demand, environment, maxRestarts }: ActorPlace,
    leases: 0 | 1,
  ): void {
    const isRetriable = maxRestarts > 0;
    const kind = { priority: 0, isLong: true, isDedicated: true, isRetriable };
    this.#want({ classId, demand, environment, ...kind }, leases);
  }

  #want(wish: Omit<Wish, "submitterId" | "wanted">, leases: number): void {
    const { amounts } = wish.demand;
    const body = this.link.begin(Kind.want);
    body.arrayHeader(8);
    body.integer(wish.classId);
    body.arrayHeader(amounts.length);
    for (const [resource, units] of amounts) {
      body.arrayHeader(2);
      body.string(resource);
      body.integer(units);
    }
    body.string(wish.environment);
    body.number(wish.priority);
    body.boolean(wish.isLong);
    body.integer(leases);
    body.boolean(wish.isDedicated);
    body.boolean(wish.isRetriable);
    this.link.end();
  }

  returnLease(leaseId: number): void {
    this.#sendNumber(Kind.returnLease, leaseId);
  }

  parked(leaseId: number): void {
    this.#sendNumber(Kind.parked, leaseId);
  }

  resumed(leaseId: number): void {
    this.#sendNumber(Kind.resumed, leaseId);
  }

  workerReady(): void {
    this.#sendNumber(Kind.workerReady, 0);
  }

  exitSettled(processId: number): void {
    this.#sendNumber(Kind.exitSettled, processId);
  }

  fileTaken({ name, moves }: FileName, ownerId: number): void {
    const body = this.link.begin(Kind.fileTaken);
    body.arrayHeader(3);
    body.string(name);
    body.integer(moves);
    body.integer(ownerId);
    this.link.end();
  }

  storeIsFull(): void {
    this.#sendNumber(Kind.storeIsFull, 0);
  }

  fileRemoved(name: string): void {
    const body = this.link.begin(Kind.fileRemoved);
    body.arrayHeader(1);
    body.string(name);
    this.link.end();
  }

  memoryTable(requestId: number, table: MemoryTable): void {
    const body = this.link.begin(Kind.memoryTable);
    body.arrayHeader(2);
    body.integer(requestId);
    writePlain(body, table, "memory");
    this.link.end();
  }

  waits(report: WaitReport): void {
    const body = this.link.begin(Kind.waits);
    body.arrayHeader(1);
    writePlain(body, report, "waits");
    this.link.end();
  }

  retireRefused(): void {
    this.#sendNumber(Kind.retireRefused, 0);
  }

  shutdown(): void {
    this.#sendNumber(Kind.shutdown, 0);
    this.link.flush();
  }

  killWorker(workerId: number, reason: string): void {
    const body = this.link.begin(Kind.killWorker);
    body.arrayHeader(2);
    body.integer(workerId);
    body.string(reason);
    this.link.end();
  }

  /** Makes the environment known under its key; workers of it have these variables set. */
  defineEnvironment(environment: string, variables: Readonly<Record<string, string>>): void {
    if (this.#environments.has(environment)) return;
    this.#environments.add(environment);
    const entries = Object.entries(variables);
    const body = this.link.begin(Kind.defineEnvironment);
    body.arrayHeader(2);
    body.string(environment);
    body.mapHeader(entries.length);
    for (const [name, value] of entries) {
      body.string(name);
      body.string(value);
    }
    this.link.end();
  }

  askResources(): Promise<ResourcesAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const requestId = ++this.#requestCount;
      this.#asked.set(requestId, { resolve, reject });
      this.#sendNumber(Kind.askResources, requestId);
    });
  }

  resourcesCame(requestId: number, answer: ResourcesAnswer): void {
    this.#asked.get(requestId)?.resolve(answer);
    this.#asked.delete(requestId);
  }

  /** The daemon is gone: nothing is answered any more. */
  end(error: Error): void {
    this.#ended = error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  #sendNumber(kind: number, value: number): void {
    const body = this.link.begin(kind);
    body.arrayHeader(1);
    body.integer(value);
    this.link.end();
  }
}

/** What an actor needs of its worker, and whether it may have another one later. */
interface ActorPlace {
  readonly demand: Demand;
  readonly environment: string;
  readonly maxRestarts: number;
}

interface Asker {
  readonly resolve: (answer: ResourcesAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Resource → amount. */
export interface ResourcesAnswer {
  readonly total: Readonly<Record<string, number>>;
  readonly available: Readonly<Record<string, number>>;
}
