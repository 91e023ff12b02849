/** Puts together what the processes of one session say of their objects. Pure. */

import type { MemoryAnswer, MemberMemory } from "../daemon/memory-gathering.ts";
import type { Session } from "../daemon/session-directory.ts";
import type { MemoryTable, ObjectEntry, SegmentEntry } from "../runtime/memory-table.ts";
import { objectName } from "../runtime/object-record.ts";
import { Holders, type Holder } from "./memory-holders.ts";
import { nameProcess, type ProcessName } from "./process-name.ts";

/** In the store's memory, on disk, or in the memory of its owner; null if that is not known. */
export type Place = "memory" | "disk" | "process" | null;

export interface ObjectReport {
  readonly id: string;
  /** A value; or what a call, or a function's captured variables, have stored. */
  readonly kind: "value" | "arguments" | "function";
  readonly state: "pending" | "ready" | "failed";
  readonly sizeBytes: number;
  readonly place: Place;
  readonly owner: ProcessName;
  readonly holders: readonly Holder[];
  /** Where it was made, if that was recorded. */
  readonly site: string | null;
}

export interface Sums {
  readonly objects: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly processBytes: number;
  /** Files that hold nothing and are kept to be written again. */
  readonly freeBytes: number;
  /** Memory of the store that is in use: files, also free ones. */
  readonly usedBytes: number;
}

export interface ProcessReport extends ProcessName, Sums {
  /** False: it was busy, and what it alone knows is missing. */
  readonly isHeard: boolean;
}

export interface SessionReport {
  readonly sessionId: string;
  readonly driverPid: number;
  readonly limitBytes: number;
  /** Largest first. */
  readonly objects: readonly ObjectReport[];
  /** Smaller ones than those: there were too many. */
  readonly omitted: { readonly objects: number; readonly sizeBytes: number };
  readonly processes: readonly ProcessReport[];
  readonly totals: Sums;
}

export function reportOf(session: Session, answer: MemoryAnswer): SessionReport {
  return new Merge(session, answer).report();
}

class Merge {
  readonly #session: Session;
  readonly #answer: MemoryAnswer;
  readonly #tables: readonly MemoryTable[];
  readonly #pids: ReadonlyMap<number, number | undefined>;
  /** As its owner says; as others do, if the owner was not heard. */
  readonly #objects: ReadonlyMap<number, ObjectEntry>;
  readonly #segments: ReadonlyMap<number, SegmentEntry>;
  readonly #holders: Holders;

  constructor(session: Session, answer: MemoryAnswer) {
    this.#session = session;
    this.#answer = answer;
    this.#tables = answer.processes.flatMap(({ table }) => table ?? []);
    this.#pids = new Map(answer.processes.map(({ processId, pid }) => [processId, pid]));
    this.#objects = byOwner(this.#tables, ({ objects }) => objects);
    this.#segments = byOwner(this.#tables, ({ segments }) => segments);
    this.#holders = new Holders(this.#tables, (processId) => this.#nameOf(processId));
    for (const entry of this.#objects.values()) this.#holders.addNested(entry);
  }

  /** Somebody may name a process that has just ended. */
  #nameOf(processId: number): ProcessName {
    return nameProcess(this.#session, processId, this.#pids.get(processId));
  }

  report(): SessionReport {
    const objects = [...this.#values(), ...this.#otherSegments()];
    objects.sort((left, right) => right.sizeBytes - left.sizeBytes);
    const processes = this.#answer.processes.map((member) => this.#process(member, objects));
    const omitted = this.#tables.map((table) => table.omitted);
    return {
      sessionId: this.#session.sessionId,
      driverPid: this.#session.driverPid,
      limitBytes: this.#answer.limitBytes,
      objects,
      omitted: {
        objects: sumOf(omitted, (entry) => entry.objects),
        sizeBytes: sumOf(omitted, ({ sizeBytes }) => sizeBytes),
      },
      processes,
      totals: {
        ...sizesOf(objects),
        freeBytes: sumOf(processes, ({ freeBytes }) => freeBytes),
        usedBytes: sumOf(processes, ({ usedBytes }) => usedBytes),
      },
    };
  }

  #values(): ObjectReport[] {
    return [...this.#objects.values()].map((entry) => ({
      id: objectName(entry.key),
      kind: "value",
      state: entry.state,
      sizeBytes: entry.sizeBytes,
      place: this.#placeOf(entry),
      owner: this.#nameOf(entry.ownerId),
      holders: this.#holders.of([entry.key, ...entry.segmentKeys], this.#borrowers(entry)),
      site: entry.site ?? null,
    }));
  }

  #borrowers({ borrowerIds, segmentKeys }: ObjectEntry): number[] {
    const ofSegments = segmentKeys.flatMap((key) => this.#segments.get(key)?.borrowerIds ?? []);
    return [...new Set([...borrowerIds, ...ofSegments])];
  }

  #placeOf({ state, segmentKeys, ownerId }: ObjectEntry): Place {
    const isOwnerHeard = this.#tables.some(({ processId }) => processId === ownerId);
    if (state === "pending" || !isOwnerHeard) return null;
    const [first] = segmentKeys;
    return first === undefined ? "process" : (this.#segments.get(first)?.place ?? null);
  }

  /** What is stored and belongs to no listed value: arguments, captures, and values in use. */
  #otherSegments(): ObjectReport[] {
    const known = new Set([...this.#objects.values()].flatMap(({ segmentKeys }) => segmentKeys));
    const others = [...this.#segments.values()].filter(({ key }) => !known.has(key));
    return others.map((entry) => {
      const holders = this.#holders.of([entry.key], entry.borrowerIds);
      const task = holders.find(({ how }) => how === "task");
      const isFunction = holders.some(({ how }) => how === "function");
      return {
        id: objectName(entry.key),
        kind: task !== undefined ? "arguments" : isFunction ? "function" : "value",
        state: "ready",
        sizeBytes: entry.sizeBytes,
        place: entry.place ?? null,
        owner: this.#nameOf(entry.ownerId),
        holders,
        site: null,
      };
    });
  }

  #process(member: MemberMemory, objects: readonly ObjectReport[]): ProcessReport {
    const { processId, table, fileBytes } = member;
    return {
      ...this.#nameOf(processId),
      isHeard: table !== undefined,
      ...sizesOf(objects.filter(({ owner }) => owner.processId === processId)),
      freeBytes: table?.freeBytes ?? 0,
      usedBytes: fileBytes,
    };
  }
}

/** One entry for each key: its owner's, if that was heard. */
function byOwner<Entry extends { readonly key: number; readonly ownerId: number }>(
  tables: readonly MemoryTable[],
  entriesOf: (table: MemoryTable) => readonly Entry[],
): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  for (const table of tables) {
    for (const entry of entriesOf(table)) {
      const isOwners = entry.ownerId === table.processId;
      if (isOwners || !entries.has(entry.key)) entries.set(entry.key, entry);
    }
  }
  return entries;
}

function sizesOf(objects: readonly ObjectReport[]): Omit<Sums, "freeBytes" | "usedBytes"> {
  const bytesIn = (place: Place): number => {
    return sumOf(objects, (object) => (object.place === place ? object.sizeBytes : 0));
  };
  return {
    objects: objects.length,
    memoryBytes: bytesIn("memory"),
    diskBytes: bytesIn("disk"),
    processBytes: bytesIn("process"),
  };
}

function sumOf<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}
