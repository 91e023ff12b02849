/** Keeps this process on some of the machine's cores. */

import fs from "node:fs";
import { EnvironmentSetupError } from "../base/errors.ts";
import { loadNativeLibrary } from "./native-library.ts";

const ESRCH = 3;

type SetAffinity = (threadId: number, maskBytes: number, mask: BigUint64Array) => number;

/**
 * All threads that exist run on `cores` alone from now on, and so do those that they start.
 * Throws an `EnvironmentSetupError` if that cannot be.
 */
export function pinProcess(cores: readonly number[]): void {
  const usable = usableCores();
  const library = process.platform === "linux" ? loadNativeLibrary() : undefined;
  if (library === undefined || usable === undefined) {
    throw pinningError(cores, "this platform has no call for it; leave out cpuAffinity");
  }
  // The system would leave out silently what it does not have.
  if (cores.length === 0 || cores.some((core) => !usable.includes(core))) {
    const reason = `this machine lets it use ${coresText(usable)}`;
    throw pinningError(cores, `${reason}; choose cpuAffinity from these`, usable);
  }
  const mask = maskOf(cores);
  const setAffinity = library
    .load(null)
    .func("int sched_setaffinity(int thread, size_t size, const void *mask)") as SetAffinity;
  forEachThread((threadId) => {
    if (setAffinity(threadId, mask.byteLength, mask) === 0) return;
    const errno = library.errno();
    // The thread has ended meanwhile.
    if (errno === ESRCH) return;
    const reason = `the system refuses it for thread ${threadId} with errno ${errno}`;
    throw pinningError(cores, `${reason}; leave out cpuAffinity`, usable);
  });
}

/** The system's words have 64 bits, and the order of bytes that numbers have in this process. */
function maskOf(cores: readonly number[]): BigUint64Array {
  const mask = new BigUint64Array(Math.floor(Math.max(...cores) / 64) + 1);
  for (const core of cores) mask[Math.floor(core / 64)]! |= 1n << BigInt(core % 64);
  return mask;
}

/**
 * A thread that is started meanwhile is like the one that started it, be that changed already or
 * not. Once a list has no unknown thread, all were changed before it was made.
 */
function forEachThread(act: (threadId: number) => void): void {
  const known = new Set<string>();
  for (;;) {
    const unknown = fs.readdirSync("/proc/self/task").filter((name) => !known.has(name));
    if (unknown.length === 0) return;
    for (const name of unknown) {
      known.add(name);
      act(Number(name));
    }
  }
}

/** Cores that this process may run on, ascending; `undefined` where the system does not tell. */
export function usableCores(): readonly number[] | undefined {
  let status: string;
  try {
    status = fs.readFileSync("/proc/self/status", "utf8");
  } catch {
    // Not Linux.
    return undefined;
  }
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  return list === undefined ? undefined : parseCores(list);
}

/** `"0-2,5"` → `[0, 1, 2, 5]` */
export function parseCores(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** `[5, 0, 1, 2]` → `"0-2,5"` */
export function formatCores(cores: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const core of [...new Set(cores)].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && core === range.last + 1) range.last = core;
    else ranges.push({ first: core, last: core });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join();
}

function coresText(cores: readonly number[]): string {
  if (cores.length === 0) return "no core";
  return `${cores.length === 1 ? "core" : "cores"} ${formatCores(cores)}`;
}

function pinningError(
  cores: readonly number[],
  reason: string,
  usable?: readonly number[],
): EnvironmentSetupError {
  const message = `Cannot pin the process to ${coresText(cores)}: ${reason}`;
  return new EnvironmentSetupError(message, { cores, usableCores: usable });
}
