/** How a worker process ended, in words. */

import { OutOfMemoryError, WorkerCrashedError } from "../base/errors.ts";
import type { ExitNotice } from "./daemon-messages.ts";

/** "exited with code 3 (resident 80 MiB): it was asked to" */
export function howItEnded(notice: ExitNotice): string {
  const { exitCode, signal, residentBytes, reason } = notice;
  const how =
    signal !== undefined
      ? `was ended by ${signal}`
      : exitCode !== undefined
        ? `exited with code ${exitCode}`
        : "closed its link";
  const memory =
    residentBytes === undefined ? "" : ` (resident ${Math.round(residentBytes / 2 ** 20)} MiB)`;
  const heap = ranOutOfHeap(notice) ? "ran out of heap and " : "";
  return `${heap}${how}${memory}${reason === undefined ? "" : `: ${reason}`}`;
}

function ranOutOfHeap({ stderrTail }: ExitNotice): boolean {
  return stderrTail.some((line) => line.includes("heap out of memory"));
}

/** The end of a message: what the process wrote before it ended, if anything. */
export function lastLines(stderrTail: readonly string[]): string {
  if (stderrTail.length === 0) return "";
  return `\nIts last lines on standard error:\n  ${stderrTail.join("\n  ")}`;
}

/** Why a task has no result. `failures`: of its runs before this one. */
export function crashError(
  taskName: string,
  notice: ExitNotice,
  failures: readonly string[],
): WorkerCrashedError {
  const { pid, exitCode, signal, residentBytes, stderrTail } = notice;
  const last = lastLines(stderrTail);
  const fields = { pid, exitCode, signal, residentBytes, stderrTail, failures };
  const runs = failures.length === 0 ? "" : `, in run ${failures.length + 1} of as many`;
  const text = `Cannot finish task ${taskName}: its worker ${pid} ${howItEnded(notice)}${runs}`;
  if (!ranOutOfHeap(notice)) return new WorkerCrashedError(`${text}${last}`, fields);
  return new OutOfMemoryError(
    `${text}; use less memory at a time, or give workers more with ` +
      `execArgv --max-old-space-size${last}`,
    fields,
  );
}
