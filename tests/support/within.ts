/** Waiting with a bound, so that a test that hangs says what it waited for. */

import { setTimeout as delay } from "node:timers/promises";

/** Far beyond what anything takes, also on a slow machine that does much else. */
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 5;

/** `promise`, or an error that says `what` did not happen. */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  patienceMs = PATIENCE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = typeof what === "string" ? what : what();
      reject(new Error(`Cannot go on after ${patienceMs} ms: ${text}`));
    }, patienceMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits until `look` finds nothing to complain of, for what no event tells: other processes,
 * their files. Throws its last complaint.
 */
export async function eventually(
  look: () => string | undefined | Promise<string | undefined>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const complaint = await look();
    if (complaint === undefined) return;
    if (performance.now() > deadlineMs) throw new Error(`After ${patienceMs} ms: ${complaint}`);
    await delay(LOOK_AGAIN_MS);
  }
}
