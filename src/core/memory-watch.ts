/**
 * Decides which worker is ended before memory runs out: one that holds more than its task has asked
 * for, or, when all of the machine or of a control group is nearly in use, the one that can best be
 * run again. Pure: samples and the time go in, victims come out.
 */

import { MEMORY_RELIEF_BYTES_MAX, VICTIM_GONE_MS, WORKER_BASE_BYTES } from "../base/limits.ts";

/** Memory that has an end: the machine's, or that of a control group. */
export interface MemoryPlace {
  /** "this machine" */
  readonly name: string;
  /** Without what the kernel would give up by itself. */
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** In the order in which workers are ended: what is lost with them grows. */
export const STAKES = ["retriable", "task", "restartable", "actor"] as const;
/** What is lost with a worker: nothing but time, a task, an actor's state, an actor. */
export type Stake = (typeof STAKES)[number];

/** A worker that somebody has a lease on. */
export interface WorkerLoad {
  readonly workerId: number;
  /** Its own memory: what others could have if it ended. */
  readonly ownBytes: number;
  /** `memoryBytes` of what runs in it. */
  readonly memoryBytes: number | undefined;
  readonly stake: Stake;
  /** When its newest lease was granted. */
  readonly leasedMs: number;
}

export interface Victim {
  readonly workerId: number;
  /** "limit": it holds more than its own. "place": there is too little for all. */
  readonly kind: "limit" | "place";
  readonly placeName: string;
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** Why a worker was ended for its memory, and who had how much then. Plain data. */
export type MemoryShortage = {
  /** "kernel": it was the kernel that ended the worker, before anybody here did. */
  readonly kind: Victim["kind"] | "kernel";
  /** Of the worker, or of all that the place is shared by. */
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** The largest first; of many, these. */
  readonly workers: readonly WorkerMemory[];
};

export type WorkerMemory = {
  readonly workerId: number;
  readonly pid: number;
  /** "actor Model", "tasks", "nothing" */
  readonly runs: string;
  /** Its own memory, without what it shares. */
  readonly ownBytes: number;
};

export interface MemoryDecisions {
  readonly victims: readonly Victim[];
  /** Too much is in use, and no worker holds it. Said once, until that is over. */
  readonly helpless: MemoryPlace | undefined;
}

/** How much below the threshold usage is to be, so that the next moment does not end another. */
const RELIEF_SHARE = 0.05;
/** Of workers with the same at stake, those with at least this share of the largest come first. */
const LARGE_SHARE = 0.25;

export class MemoryWatch {
  readonly #usageMax: number;
  /** Chosen and not gone yet: when that was. */
  readonly #ending = new Map<number, number>();
  #isHelpless = false;

  /** `usageMax`: the share of a place's limit that may be in use. */
  constructor(usageMax: number) {
    this.#usageMax = usageMax;
  }

  /** Whether it matters what each worker holds. */
  isTight(places: readonly MemoryPlace[]): boolean {
    return this.#fullest(places) !== undefined;
  }

  /** What may still be taken before somebody has to go; of the tightest place. */
  roomBytes(places: readonly MemoryPlace[], workers: readonly WorkerLoad[]): number {
    const rooms = places.map((place) => this.#roomBytes(place));
    for (const worker of workers) {
      if (worker.memoryBytes !== undefined) rooms.push(allowedBytes(worker) - worker.ownBytes);
    }
    return Math.max(0, Math.min(...rooms));
  }

  /** Usage must be above the threshold, not at it: a share of 1 ends nobody. */
  #roomBytes({ usedBytes, limitBytes }: MemoryPlace): number {
    return Math.floor(this.#usageMax * limitBytes) + 1 - usedBytes;
  }

  /** `workers`: may be left out while nothing is tight, but for those with a limit. */
  look(
    places: readonly MemoryPlace[],
    workers: readonly WorkerLoad[],
    nowMs: number,
  ): MemoryDecisions {
    const others = workers.filter(({ workerId }) => !this.#ending.has(workerId));
    const victims: Victim[] = others.filter(isTooLarge).map((worker) => {
      const { workerId, ownBytes: usedBytes, memoryBytes } = worker;
      return { workerId, kind: "limit", placeName: "", usedBytes, limitBytes: memoryBytes! };
    });
    for (const { workerId } of victims) this.#ending.set(workerId, nowMs);
    const place = this.#fullest(places);
    this.#isHelpless &&= place !== undefined;
    if (place === undefined || this.#isWaiting(nowMs)) return { victims, helpless: undefined };
    const victim = this.#victimOf(place, others);
    if (victim !== undefined) {
      this.#ending.set(victim.workerId, nowMs);
      return { victims: [victim], helpless: undefined };
    }
    const helpless = this.#isHelpless ? undefined : place;
    this.#isHelpless = true;
    return { victims, helpless };
  }

  /** What the last victim holds comes free when it is gone; not all of them ever go. */
  #isWaiting(nowMs: number): boolean {
    for (const chosenMs of this.#ending.values()) {
      if (nowMs - chosenMs < VICTIM_GONE_MS) return true;
    }
    return false;
  }

  /** The place with the least room, if it has none. */
  #fullest(places: readonly MemoryPlace[]): MemoryPlace | undefined {
    const full = places.filter((place) => this.#roomBytes(place) <= 0);
    return full.sort((a, b) => this.#roomBytes(a) - this.#roomBytes(b))[0];
  }

  #victimOf(place: MemoryPlace, workers: readonly WorkerLoad[]): Victim | undefined {
    const { name: placeName, usedBytes, limitBytes } = place;
    const reliefBytes = Math.min(RELIEF_SHARE * limitBytes, MEMORY_RELIEF_BYTES_MAX);
    const worker = choose(workers, reliefBytes - this.#roomBytes(place));
    if (worker === undefined) return undefined;
    return { workerId: worker.workerId, kind: "place", placeName, usedBytes, limitBytes };
  }

  /** The worker has ended. */
  gone(workerId: number): void {
    this.#ending.delete(workerId);
  }

  /** Throws if a worker is waited for that is not there. */
  validate(workerIds: ReadonlySet<number>): void {
    for (const workerId of this.#ending.keys()) {
      if (!workerIds.has(workerId)) {
        throw new Error(`Cannot wait for the end of worker ${workerId}: it is gone`);
      }
    }
  }
}

/** Beside what it was given for its task a worker has what every worker has. */
function allowedBytes({ memoryBytes }: WorkerLoad): number {
  return memoryBytes === undefined ? Infinity : memoryBytes + WORKER_BASE_BYTES;
}

function isTooLarge(worker: WorkerLoad): boolean {
  return worker.ownBytes > allowedBytes(worker);
}

/** What comes free for good: the worker that takes its place has as much as every worker has. */
function heldBytes({ ownBytes }: WorkerLoad): number {
  return Math.max(0, ownBytes - WORKER_BASE_BYTES);
}

/**
 * The first kind of workers that holds what is missing loses one: the newest of its large ones. To
 * end small ones would help nobody. If no kind has as much, the largest of all goes.
 */
function choose(workers: readonly WorkerLoad[], missingBytes: number): WorkerLoad | undefined {
  for (const stake of STAKES) {
    const group = workers.filter((worker) => worker.stake === stake);
    const sum = group.reduce((bytes, worker) => bytes + heldBytes(worker), 0);
    if (sum > 0 && sum >= missingBytes) return newestLarge(group);
  }
  const holders = workers.filter((worker) => heldBytes(worker) > 0);
  return holders.sort((a, b) => b.ownBytes - a.ownBytes)[0];
}

function newestLarge(group: readonly WorkerLoad[]): WorkerLoad {
  const most = Math.max(...group.map(heldBytes));
  return group
    .filter((worker) => heldBytes(worker) >= LARGE_SHARE * most)
    .sort((a, b) => b.leasedMs - a.leasedMs || b.ownBytes - a.ownBytes)[0]!;
}
