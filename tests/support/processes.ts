/** Processes of this machine, as /proc shows them. A zombie is none: it only awaits its reaper. */

import { readdirSync, readFileSync } from "node:fs";

export interface ProcessEntry {
  readonly pid: number;
  readonly command: string;
}

/** Processes whose environment has `variable`, which is of the form `NAME=value`. */
export function processesWith(variable: string): ProcessEntry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => read(pid, "environ").split("\0").includes(variable) && isRunning(pid))
    .map((pid) => ({ pid, command: read(pid, "cmdline").replaceAll("\0", " ").trim() }));
}

export function isRunning(pid: number): boolean {
  const status = read(pid, "status");
  return status !== "" && !/^State:\s+[ZX]/m.test(status);
}

/** Processor time that the process has used, in clock ticks of 10 ms. */
export function cpuTicks(pid: number): number {
  const fields = read(pid, "stat")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Empty if the process is gone. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // gone, or not ours
  }
}
