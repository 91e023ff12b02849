/** Sees to it that memory does not run out: takes samples, and ends whom the watch names. */

import { MEMORY_REPORT_WORKERS_MAX } from "../base/limits.ts";
import { KernelKills } from "../core/kernel-kills.ts";
import type { Lease } from "../core/leases.ts";
import {
  MemoryWatch,
  STAKES,
  type MemoryPlace,
  type MemoryShortage,
  type Stake,
  type Victim,
  type WorkerLoad,
} from "../core/memory-watch.ts";
import { memoryBytesOf } from "../core/resources.ts";
import type { MemorySource } from "./memory-sampling.ts";
import { describeHelplessness, describeVictim } from "./notices.ts";
import type { WatchPorts } from "./worker-watch.ts";

/** What is known of a worker from its leases. */
interface Tenancy {
  readonly memoryBytes: number | undefined;
  readonly stake: Stake;
  readonly leasedMs: number;
}

export class MemoryGuard {
  readonly #source: MemorySource;
  readonly #usageMax: number;
  readonly #ports: WatchPorts;
  readonly #watch: MemoryWatch;
  readonly #kills = new KernelKills();
  /** The last sample's. */
  #places: readonly MemoryPlace[] = [];

  constructor(source: MemorySource, usageMax: number, ports: WatchPorts) {
    this.#source = source;
    this.#usageMax = usageMax;
    this.#ports = ports;
    this.#watch = new MemoryWatch(usageMax);
    this.#kills.counted(source.kernelKills(), ports.clock.nowMs());
  }

  /** Returns how much may be taken before a worker has to go. */
  look(nowMs: number): number {
    const places = this.#source.places();
    this.#places = places;
    const loads = this.#loads(this.#watch.isTight(places));
    const { victims, helpless } = this.#watch.look(places, loads, nowMs);
    for (const victim of victims) this.#end(victim);
    if (helpless !== undefined) this.#ports.notice(describeHelplessness(helpless));
    return this.#watch.roomBytes(places, loads);
  }

  /** Of workers with leases: all of them, or those that have a limit of their own. */
  #loads(isForAll: boolean): WorkerLoad[] {
    const tenancies = this.#tenancies();
    const loads: WorkerLoad[] = [];
    for (const { workerId, handle } of this.#ports.workers()) {
      const tenancy = tenancies.get(workerId);
      if (tenancy === undefined) continue;
      if (!isForAll && tenancy.memoryBytes === undefined) continue;
      const ownBytes = handle.ownBytes();
      if (ownBytes !== undefined) loads.push({ workerId, ownBytes, ...tenancy });
    }
    return loads;
  }

  #tenancies(): Map<number, Tenancy> {
    const tenancies = new Map<number, Tenancy>();
    for (const lease of this.#ports.leases()) {
      const before = tenancies.get(lease.workerId);
      const now = tenancyOf(lease);
      tenancies.set(lease.workerId, before === undefined ? now : together(before, now));
    }
    return tenancies;
  }

  #end(victim: Victim): void {
    const reason = describeVictim(victim, this.#usageMax);
    this.#ports.end(victim.workerId, reason, this.#shortage(victim));
  }

  #shortage({ kind, usedBytes, limitBytes }: Omit<MemoryShortage, "workers">): MemoryShortage {
    const tenancies = this.#tenancies();
    const workers = [...this.#ports.workers()].flatMap(({ workerId, handle }) => {
      const ownBytes = handle.ownBytes();
      if (ownBytes === undefined) return [];
      const runs = this.#whatRuns(workerId, tenancies.get(workerId)?.stake);
      return { workerId, pid: handle.pid, runs, ownBytes };
    });
    workers.sort((a, b) => b.ownBytes - a.ownBytes);
    return { kind, usedBytes, limitBytes, workers: workers.slice(0, MEMORY_REPORT_WORKERS_MAX) };
  }

  #whatRuns(workerId: number, stake: Stake | undefined): string {
    if (stake === undefined) return "nothing";
    if (stake === "retriable" || stake === "task") return "tasks";
    return `actor ${this.#ports.actorIn(workerId) ?? "that begins"}`;
  }

  /** A worker has been ended by SIGKILL, and not from here: for its memory? */
  shortageAtKill(nowMs: number): MemoryShortage | undefined {
    this.#kills.counted(this.#source.kernelKills(), nowMs);
    if (!this.#kills.isLikely(nowMs)) return undefined;
    const share = ({ usedBytes, limitBytes }: MemoryPlace): number => usedBytes / limitBytes;
    const [fullest] = [...this.#places].sort((a, b) => share(b) - share(a));
    const { usedBytes, limitBytes } = fullest ?? { usedBytes: 0, limitBytes: 0 };
    return this.#shortage({ kind: "kernel", usedBytes, limitBytes });
  }

  gone(workerId: number): void {
    this.#watch.gone(workerId);
  }

  /** Throws if a worker's end is waited for that is not there. */
  validate(workerIds: ReadonlySet<number>): void {
    this.#watch.validate(workerIds);
  }
}

function tenancyOf({ demand, isDedicated, isRetriable, grantedMs }: Lease): Tenancy {
  const actor = isRetriable ? "restartable" : "actor";
  const stake = isDedicated ? actor : isRetriable ? "retriable" : "task";
  return { memoryBytes: memoryBytesOf(demand), stake, leasedMs: grantedMs };
}

/** Of two leases on one worker. Its limit is the same: workers with another one are others. */
function together(one: Tenancy, other: Tenancy): Tenancy {
  const more = STAKES.indexOf(one.stake) > STAKES.indexOf(other.stake) ? one : other;
  return { ...more, leasedMs: Math.max(one.leasedMs, other.leasedMs) };
}
