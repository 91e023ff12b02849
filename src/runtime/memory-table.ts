/** What one process holds, for `mobula memory`; the processes' tables are put together there. */

import { LISTED_OBJECTS_MAX } from "../base/limits.ts";
import type { Listing } from "./listed-objects.ts";
import { sizeOf } from "./payload.ts";
import type { PendingCall } from "./pending-call.ts";
import { firstLine } from "./remote-error.ts";
import type { Runtime } from "./runtime.ts";
import type { Segment } from "./segments.ts";

/** An object as one process knows it. */
export interface ObjectEntry {
  readonly key: number;
  readonly ownerId: number;
  readonly state: "pending" | "ready" | "failed";
  readonly sizeBytes: number;
  /** Refs here. */
  readonly refs: number;
  /** Where its bytes are, if they are stored. */
  readonly segmentKeys: readonly number[];
  /** Objects whose refs are inside. */
  readonly nestedKeys: readonly number[];
  /** Processes that hold it, if it is owned here. */
  readonly borrowerIds: readonly number[];
  readonly site: string | undefined;
}

/** A stored piece as one process knows it. */
export interface SegmentEntry {
  readonly key: number;
  readonly ownerId: number;
  readonly sizeBytes: number;
  /** Known to its owner. */
  readonly place: "memory" | "disk" | undefined;
  /** Values here that look at it. */
  readonly views: number;
  readonly borrowerIds: readonly number[];
}

/** A task that was called here, is not over, and holds objects. */
export interface TaskEntry {
  readonly name: string;
  /** Where it runs; undefined while it waits. */
  readonly workerId: number | undefined;
  readonly argumentsBytes: number;
  /** Refs that it was given, also those inside values. */
  readonly objectKeys: readonly number[];
  /** Where its arguments are, if they are stored. */
  readonly segmentKeys: readonly number[];
}

/** A function with stored captures. */
export interface FunctionEntry {
  readonly name: string;
  readonly sizeBytes: number;
  readonly segmentKeys: readonly number[];
}

export interface MemoryTable {
  readonly processId: number;
  readonly pid: number;
  readonly role: "driver" | "worker";
  /** Largest first. */
  readonly objects: readonly ObjectEntry[];
  /** Smaller ones than those. */
  readonly omitted: { readonly objects: number; readonly sizeBytes: number };
  readonly segments: readonly SegmentEntry[];
  readonly tasks: readonly TaskEntry[];
  readonly functions: readonly FunctionEntry[];
  /** Files kept to be written again. */
  readonly freeBytes: number;
}

export function memoryTableOf(runtime: Runtime): MemoryTable {
  const { identity, objects, segments, calls, functions } = runtime;
  const { processId, pid, role } = identity;
  const listings = objects.listings().filter(({ segmentKeys }) => areThere(segmentKeys, runtime));
  listings.sort((left, right) => right.sizeBytes - left.sizeBytes);
  const omitted = listings.slice(LISTED_OBJECTS_MAX);
  return {
    ...{ processId, pid, role },
    objects: listings.slice(0, LISTED_OBJECTS_MAX).map((listing) => objectEntry(listing, runtime)),
    omitted: {
      objects: omitted.length,
      sizeBytes: omitted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    segments: [...segments.all()].map((segment) => segmentEntry(segment, runtime)),
    tasks: [...calls.holding].map(taskEntry),
    functions: functions.stored(),
    freeBytes: segments.freeBytes,
  };
}

/** The bytes of a value that was let go of are gone before its record is. */
function areThere(segmentKeys: readonly number[], { segments }: Runtime): boolean {
  return segmentKeys.every((key) => segments.has(key));
}

function objectEntry(listing: Listing, { objects }: Runtime): ObjectEntry {
  const { key, state, sizeBytes, refs, segmentKeys, nestedKeys, site } = listing;
  const { ownership } = objects;
  return {
    ...{ key, state, sizeBytes, refs },
    // Lists of their own: what is sent twice in one message would be sent as reference.
    segmentKeys: [...segmentKeys],
    nestedKeys: [...nestedKeys],
    ownerId: ownership.ownerOf(key),
    borrowerIds: ownership.borrowersOf(key),
    site: objects.recordsSites && site !== undefined ? firstLine(site) : undefined,
  };
}

function segmentEntry({ key, file, owned, mappings }: Segment, runtime: Runtime): SegmentEntry {
  const { ownership } = runtime.objects;
  return {
    key,
    ownerId: ownership.ownerOf(key),
    sizeBytes: file.sizeBytes,
    place: owned?.place,
    views: mappings,
    borrowerIds: ownership.borrowersOf(key),
  };
}

function taskEntry(call: PendingCall): TaskEntry {
  const { name, workerId, args, inlined } = call;
  const payload = args.kind === "payload" ? args.payload : undefined;
  return {
    name,
    workerId,
    argumentsBytes: payload === undefined ? 0 : sizeOf(payload),
    objectKeys: [
      ...inlined.map(({ record }) => record.key),
      ...(payload?.refs ?? []).map(({ key }) => key),
    ],
    segmentKeys: (payload?.segments ?? []).map(({ key }) => key),
  };
}
