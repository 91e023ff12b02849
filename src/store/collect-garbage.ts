/** Provokes a garbage collection: what is not needed any more is known only then. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Takes milliseconds; with a large heap, tenths of a second. Finalizers run in later turns. */
export function collectGarbage(): void {
  collect ??= findCollect();
  collect();
}

function findCollect(): () => void {
  // The function is made with the next context; the flag itself has no effect on this one.
  setFlagsFromString("--expose-gc");
  const found = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  return found;
}
