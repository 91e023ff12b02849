/** What Linux says about processes: `/proc`. */
import { readdirSync, readFileSync } from "node:fs";

const TICK_MS = 10;

/** All living descendants, parents before children. A process that ends meanwhile is left out. */
export function descendants(pid: number): number[] {
  const found: number[] = [];
  for (const task of list(`/proc/${pid}/task`)) {
    const children = read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean);
    for (const child of children.map(Number)) found.push(child, ...descendants(child));
  }
  return found;
}

/** Whether the command line names a worker, which all measured libraries do in their own way. */
export function isWorker(pid: number): boolean {
  return /worker|process\.js/i.test(read(`/proc/${pid}/cmdline`));
}

export function isDaemon(pid: number): boolean {
  return /daemon/i.test(read(`/proc/${pid}/cmdline`));
}

/** A zombie is not: it only awaits its reaper. */
export function isAlive(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(read(`/proc/${pid}/status`));
}

export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  return line === null ? 0 : Number(line[1]) * 1_024;
}

/** User and system time that the processes have used, in steps of a clock tick. */
export function cpuMs(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    // Fields are counted behind the name, which may itself hold spaces and parentheses.
    const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return ticks.reduce((total, each) => total + each, 0) * TICK_MS;
}

function list(folder: string): string[] {
  return orGone(() => readdirSync(folder)) ?? [];
}

function read(file: string): string {
  return orGone(() => readFileSync(file, "utf8")) ?? "";
}

function orGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
