/** What the kernel's files say of memory and of processes. Pure: the texts come in. */

import type { ProcessState } from "./worker-handle.ts";

const KIB = 1024;
const PAGE_BYTES = 4096;

/** Memory of the machine, from /proc/meminfo: the kernel itself says what it could give. */
export function parseMachine(
  meminfo: string,
): { usedBytes: number; limitBytes: number } | undefined {
  const total = fieldOf(meminfo, "MemTotal:");
  const available = fieldOf(meminfo, "MemAvailable:");
  if (total === undefined || available === undefined) return undefined;
  return { usedBytes: (total - available) * KIB, limitBytes: total * KIB };
}

/** The texts of a control group's files; undefined: there is no such file. */
export interface GroupFiles {
  readonly limit: string | undefined;
  readonly usage: string | undefined;
  readonly stat: string | undefined;
}

/** What the files are called in versions 2 and 1, and the fields of `stat`. */
export const GROUP_FILES = [
  {
    ...{ limit: "memory.max", usage: "memory.current", stat: "memory.stat" },
    ...{ fields: ["inactive_file", "active_file"], kills: "memory.events" },
  },
  {
    ...{ limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", stat: "memory.stat" },
    ...{ fields: ["total_inactive_file", "total_active_file"], kills: "memory.oom_control" },
  },
] as const;

/**
 * What a control group has in use, and may. Files that are only cached are not counted, be they
 * "active" or not: the kernel drops them before it ends anybody. Shared memory is counted, and with
 * it the stored objects.
 *
 * @param fields of the cached files in `stat`
 * @returns undefined if the group has no limit of its own
 */
export function parseGroup(
  { limit, usage, stat }: GroupFiles,
  fields: readonly string[],
): { usedBytes: number; limitBytes: number } | undefined {
  const limitBytes = numberIn(limit);
  const usageBytes = numberIn(usage);
  // "max" in version 2; in version 1 a number that no machine has.
  if (limitBytes === undefined || usageBytes === undefined) return undefined;
  const cached = fields.map((field) => fieldOf(stat ?? "", field) ?? 0);
  const cachedBytes = cached.reduce((sum, bytes) => sum + bytes, 0);
  return { usedBytes: Math.max(0, usageBytes - cachedBytes), limitBytes };
}

/** Processes that the kernel has ended for their memory. */
export function parseKills(text: string): number | undefined {
  return fieldOf(text, "oom_kill");
}

/** From /proc/<pid>/stat: a stop by a debugger ("t") is its user's business. */
export function parseProcess(stat: string): ProcessState & { residentBytes: number } {
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    residentBytes: Number(fields[21]) * PAGE_BYTES,
    isStopped: fields[0] === "T",
    hasEnded: fields[0] === "Z" || fields[0] === "X",
  };
}

/** From /proc/<pid>/statm: what it has in memory and shares with no file and no other process. */
export function parseOwnBytes(statm: string): number {
  const [, residentPages, sharedPages] = statm.split(" ").map(Number);
  return (residentPages! - sharedPages!) * PAGE_BYTES;
}

function numberIn(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? "";
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** The number that follows the name of a line. */
function fieldOf(text: string, name: string): number | undefined {
  for (const line of text.split("\n")) {
    const [field, value] = line.split(/\s+/);
    if (field === name) return numberIn(value);
  }
  return undefined;
}
