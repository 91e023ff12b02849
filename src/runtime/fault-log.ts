/**
 * Counts the faults of all processes, in a file: a process that is killed by one cannot tell of it
 * afterwards. A line for each fault, written at once and as a whole.
 */

import fs from "node:fs";
import type { FaultKind } from "../base/fault-kinds.ts";
import { describeFaults, type FaultSettings } from "../base/fault-settings.ts";
import { Faults } from "../base/faults.ts";

function logFile(directory: string): string {
  return `${directory}/faults`;
}

/** The faults of one process; `directory` is the session's. `undefined`: there are none. */
export function openFaults(
  settings: FaultSettings | undefined,
  processId: number,
  directory: string,
): Faults | undefined {
  if (settings === undefined) return undefined;
  return new Faults(settings, processId, (kind) => {
    try {
      fs.appendFileSync(logFile(directory), `${kind}\n`);
    } catch (error) {
      // The session has ended, and its directory with it.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  });
}

/** `mobula: faults that happened: worker-kill 3, reply-lost 0 (worker-kill:0.1,...,seed:7)`. */
export function reportFaults(settings: FaultSettings, directory: string): string {
  const counts = countFaults(directory);
  const parts = Object.keys(settings.chances).map((kind) => {
    return `${kind} ${counts.get(kind as FaultKind) ?? 0}`;
  });
  return `mobula: faults that happened: ${parts.join(", ")} (${describeFaults(settings)})\n`;
}

function countFaults(directory: string): Map<FaultKind, number> {
  const counts = new Map<FaultKind, number>();
  if (!fs.existsSync(logFile(directory))) return counts;
  for (const line of fs.readFileSync(logFile(directory), "utf8").trimEnd().split("\n")) {
    const kind = line as FaultKind;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
