/** What the store has to say when it cannot do what is asked of it. */

import { ObjectLostError, ObjectStoreFullError, OutOfDiskError } from "../base/errors.ts";
import type { UsageOfProcess } from "./usage.ts";

export interface RoomFigures {
  readonly sizeBytes: number;
  readonly limitBytes: number;
  /** The largest first. */
  readonly owners: readonly UsageOfProcess[];
}

const OWNERS_NAMED_MAX = 5;

/** Memory is full, and `reason` is what came of writing to disk. */
export function noRoom(
  reason: NodeJS.ErrnoException,
  diskDirectory: string,
  figures: RoomFigures,
): ObjectStoreFullError {
  const { sizeBytes, limitBytes, owners } = figures;
  const usedBytes = owners.reduce((sum, owner) => sum + owner.sizeBytes, 0);
  const largest = owners
    .slice(0, OWNERS_NAMED_MAX)
    .map((owner) => `process ${owner.processId} ${inMiB(owner.sizeBytes)}`);
  const isFull = reason.code === "ENOSPC";
  const errorClass = isFull ? OutOfDiskError : ObjectStoreFullError;
  const why = isFull ? "there is no room" : `nothing can be written: ${reason.message}`;
  return new errorClass(
    `Cannot store ${inMiB(sizeBytes)}: ${inMiB(usedBytes)} of ${inMiB(limitBytes)} of memory ` +
      `are in use (${largest.join(", ")}), and on disk, in ${diskDirectory}, ${why}; ` +
      "dispose refs that are not needed, or give init() more objectStoreBytes",
    { ...figures, usedBytes },
    reason,
  );
}

export function lost(name: string, reason: string): ObjectLostError {
  return new ObjectLostError(
    `Cannot read stored object ${name}: ${reason}; ` +
      "make it again, and leave the store's directory alone",
    { objectId: name, reason },
  );
}

function inMiB(sizeBytes: number): string {
  return `${Math.ceil(sizeBytes / 2 ** 20)} MiB`;
}
