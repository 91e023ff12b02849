/** A time limit, on the clock of the process that sets it. */

import { Deadline } from "../base/deadline.ts";
import { currentClock } from "../runtime/current.ts";

/** Calls `missed` after so long, unless it was called off. */
export function startDeadline(timeoutMs: number, missed: () => void): Deadline {
  return new Deadline(currentClock(), timeoutMs, missed);
}
