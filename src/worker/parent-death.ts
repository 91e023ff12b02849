/**
 * Ends this process with its parent, whatever it is doing: a worker in an endless loop does not
 * see that its link was closed.
 */

import { loadNativeLibrary } from "./native-library.ts";

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * `parentPid`: the parent as it was when this process started. On systems without the call the
 * driver ends the worker's process group.
 */
export function dieWithParent(parentPid: number): void {
  if (process.platform !== "linux") return;
  const prctl = loadNativeLibrary()
    ?.load(null)
    .func("int prctl(int, ulong, ulong, ulong, ulong)") as Prctl | undefined;
  if (prctl === undefined) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The parent may have gone before the call.
  if (process.ppid !== parentPid) process.exit(1);
}

type Prctl = (option: number, a: number, b: number, c: number, d: number) => number;
