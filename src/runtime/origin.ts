/** How stored objects were made, and why one that is lost cannot be made again. */

import { ObjectLostError, OwnerDiedError } from "../base/errors.ts";
import { LINEAGE_BYTES_MAX } from "../base/limits.ts";
import type { LineageEntry } from "../core/lineage.ts";
import type { KeptCall } from "./kept-call.ts";
import { objectName, processOf, type CallSite } from "./object-record.ts";
import { firstLine } from "./remote-error.ts";
import type { Segment } from "./segments.ts";

/** Results of one call share it. */
export interface Origin {
  /** "it was stored by put" */
  readonly made: string;
  /** Where, if that is to be told. */
  readonly site: CallSite | undefined;
  /** Why it cannot be made again, if that was certain from the start. */
  readonly obstacle: Obstacle | undefined;
  /** What makes it again. */
  entry: LineageEntry<KeptCall> | undefined;
}

export interface Obstacle {
  readonly why: string;
  /** What the user can do. */
  readonly next: string;
}

/** What became of its memory: "its file is gone". */
export interface Loss {
  readonly reason: string;
  /** What could not be read. */
  readonly segmentKeys: readonly number[];
  readonly cause: unknown;
}

const NOTHING = { segmentKeys: [], cause: undefined };
export const LET_GO: Loss = { reason: "its memory was given up with its last ref", ...NOTHING };
const UNKNOWN_LOSS: Loss = { reason: "its memory is lost", ...NOTHING };

/** Of segments of one payload: one of them could not be read, or would not be. */
export function lossOf(segments: readonly Segment[]): Loss {
  if (segments.some(({ isReleased }) => isReleased)) return LET_GO;
  const cause = segments.find(({ loss }) => loss !== undefined)?.loss;
  const reason = cause?.reason ?? "its file is gone";
  return { reason, segmentKeys: segments.map(({ key }) => key), cause };
}

export const PUT: Obstacle = {
  why: "what was put cannot be made again",
  next: "put the value again",
};

export const NO_RETRIES: Obstacle = {
  why: "its maxRetries of 0 does not let it run again",
  next: "call it again, or allow retries",
};

export const FORGOTTEN: Obstacle = {
  why:
    `how to run it again is forgotten: of calls with stored results this process remembers ` +
    `the last ${LINEAGE_BYTES_MAX / 2 ** 20} MiB`,
  next: "call it again",
};

export const METHOD: Obstacle = {
  why: "calls of actors do not run again for that: the actor has gone on",
  next: "call it again",
};

export const ELEMENT: Obstacle = {
  why: "streams do not begin again: elements were read",
  next: "call the generator again",
};

const UNKNOWN: Obstacle = {
  why: "only the process that called for it could make it again",
  next: "call for it again",
};

export function exhausted(maxRetries: number): Obstacle {
  return {
    why: `its maxRetries of ${maxRetries} does not let it run once more`,
    next: "call it again, or allow more retries",
  };
}

export function unkeptArguments(sizeBytes: number): Obstacle {
  return {
    why: `the ${Math.ceil(sizeBytes / 1024)} KiB of its arguments were not kept`,
    next: "call it again; put large arguments and keep the ref",
  };
}

/** What became of an argument: the call cannot run again without it. */
export function lostArgument(key: number): Obstacle {
  return {
    why: `its argument ${objectName(key)} is lost as well`,
    next: "call both again",
  };
}

/** `origin`: undefined if the object was made elsewhere. */
export function objectLost(
  key: number,
  origin: Origin | undefined,
  loss: Loss = UNKNOWN_LOSS,
  obstacle: Obstacle = origin?.obstacle ?? UNKNOWN,
  cause: unknown = loss.cause,
): ObjectLostError {
  const objectId = objectName(key);
  const made = origin === undefined ? madeElsewhere(key) : madeAt(origin);
  const { reason } = loss;
  return new ObjectLostError(
    `Cannot get object ${objectId}: ${reason}, ${made}, and ${obstacle.why}; ${obstacle.next}`,
    { objectId, reason, origin: made },
    cause,
  );
}

/** Stored arguments of a call are lost, before it has begun. `key`: of the object, or its part. */
export function argumentLost(title: string, key: number): ObjectLostError {
  const objectId = objectName(key);
  const reason = "its memory is lost";
  return new ObjectLostError(
    `Cannot run ${title}: an argument of it, object ${objectId}, could not be read where it was ` +
      "sent; call it again",
    { objectId, reason },
  );
}

function madeElsewhere(key: number): string {
  return `it was made by process ${processOf(key)}`;
}

/** "it is the result of task f, called at main (file:///app/main.js:3:4)" */
function madeAt({ made, site, obstacle }: Origin): string {
  const line = site === undefined ? undefined : firstLine(site);
  if (line === undefined) return made;
  return `${made}${obstacle === PUT ? "" : ", called"} at ${line}`;
}

export function ownerDied(key: number): OwnerDiedError {
  const objectId = objectName(key);
  const origin = madeElsewhere(key);
  return new OwnerDiedError(
    `Cannot get object ${objectId}: ${origin}, the process that owned it has ended, and no other ` +
      "knows how to make it again; return the value itself, or keep its owner alive",
    { objectId, origin },
  );
}
