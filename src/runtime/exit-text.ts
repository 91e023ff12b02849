/** How a worker process ended, in words. */

import { OutOfMemoryError, WorkerCrashedError } from "../base/errors.ts";
import type { MemoryShortage } from "../core/memory-watch.ts";
import type { ExitNotice } from "./daemon-messages.ts";

/** "exited with code 3 (resident 80 MiB): it was asked to" */
export function howItEnded(notice: ExitNotice): string {
  const { exitCode, signal, residentBytes } = notice;
  const how =
    signal !== undefined
      ? `was ended by ${signal}`
      : exitCode !== undefined
        ? `exited with code ${exitCode}`
        : "closed its link";
  const memory = residentBytes === undefined ? "" : ` (resident ${inMebibytes(residentBytes)})`;
  const heap = ranOutOfHeap(notice) ? "ran out of heap and " : "";
  const why = whyItEnded(notice);
  return `${heap}${how}${memory}${why === undefined ? "" : `: ${why}`}`;
}

function whyItEnded({ reason, shortage }: ExitNotice): string | undefined {
  if (shortage?.kind !== "kernel") return reason;
  const { usedBytes, limitBytes } = shortage;
  const seen = `${inMebibytes(usedBytes)} of ${inMebibytes(limitBytes)} were in use before`;
  return `the kernel ended it as memory ran out, ${seen}`;
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function ranOutOfHeap({ stderrTail }: ExitNotice): boolean {
  return stderrTail.some((line) => line.includes("heap out of memory"));
}

/** The end of a message: what the process wrote before it ended, if anything. */
export function lastLines(stderrTail: readonly string[]): string {
  if (stderrTail.length === 0) return "";
  return `\nIts last lines on standard error:\n  ${stderrTail.join("\n  ")}`;
}

/** The name of a task of this process that runs on a worker, if there is one. */
export type FindTask = (workerId: number) => string | undefined;

/** A task whose worker has ended. */
export interface LostTask {
  readonly name: string;
  /** What its worker's heap was limited to, if it was. */
  readonly memoryBytes: number | undefined;
}

/** Why a task has no result. `failures`: of its runs before this one. */
export function crashError(
  { name, memoryBytes }: LostTask,
  notice: ExitNotice,
  failures: readonly string[],
  findTask: FindTask,
): WorkerCrashedError {
  const { pid, exitCode, signal, residentBytes, stderrTail, shortage } = notice;
  const last = lastLines(stderrTail);
  const fields = { pid, exitCode, signal, residentBytes, stderrTail, failures };
  const runs = failures.length === 0 ? "" : `, in the last of ${failures.length + 1} runs`;
  const text = `Cannot finish task ${name}: its worker ${pid} ${howItEnded(notice)}${runs}`;
  if (shortage !== undefined) {
    const { table, ...figures } = figuresOf(shortage, findTask);
    const advice = ADVICE[shortage.kind];
    return new OutOfMemoryError(`${text}; ${advice}${last}${table}`, { ...fields, ...figures });
  }
  if (!ranOutOfHeap(notice)) return new WorkerCrashedError(`${text}${last}`, fields);
  if (memoryBytes === undefined) {
    return new OutOfMemoryError(`${text}; ${MORE_HEAP}${last}`, fields);
  }
  const limit = `, with memoryBytes of ${inMebibytes(memoryBytes)}`;
  return new OutOfMemoryError(`${text}${limit}; ${ADVICE.limit}${last}`, {
    ...fields,
    limitBytes: memoryBytes,
  });
}

const MORE_HEAP =
  "use less memory at a time, or give workers more with execArgv --max-old-space-size";
const FEWER = "use less memory at a time, or run fewer tasks at a time by giving each memoryBytes";
const ADVICE: Readonly<Record<MemoryShortage["kind"], string>> = {
  limit: "use less memory at a time, or give the task more memoryBytes",
  place: FEWER,
  kernel: FEWER,
};

function figuresOf({ usedBytes, limitBytes, workers }: MemoryShortage, findTask: FindTask) {
  const known = workers.map(({ workerId, pid, ownBytes, runs }) => {
    const task = findTask(workerId);
    return { pid, ownBytes, runs: task === undefined ? runs : `task ${task}` };
  });
  const lines = known.map(({ pid, ownBytes, runs }) => {
    return `\n  ${pid}: ${inMebibytes(ownBytes)}, ${runs}`;
  });
  const table = `\nMemory of the workers:${lines.join("")}`;
  return { usedBytes, limitBytes, workers: known, table };
}
