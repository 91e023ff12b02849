/**
 * What bodies have done, in a file that outlives their processes: `announce` of
 * support/rendezvous.mjs writes a line for each time.
 */

import { readFileSync } from "node:fs";

/** `once`: may be there once at most. `again`: as often as it was tried. */
export type Limit = "once" | "again";

/** How often each line is there. */
export function countEffects(file: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return counts;
}
