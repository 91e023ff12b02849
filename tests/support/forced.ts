/** Tasks that are ended by force have a moment to do so themselves: if they have their turn. */

import type { Events } from "./fifo.ts";
import { isRunning } from "./processes.ts";
import { eventually } from "./within.ts";

/** Waits until `text` is announced, or process `pid` has ended before it got to that: false. */
export async function isSaid(events: Events, text: string, pid: number): Promise<boolean> {
  const isThere = (): boolean => events.pending.includes(text);
  await eventually(() =>
    isThere() || !isRunning(pid) ? undefined : `${pid} has not said ${text}`,
  );
  // The last words of who has ended may lie in the pipe.
  if (!isThere()) await new Promise(setImmediate);
  return isThere() && (await events.take(text)) === text;
}
