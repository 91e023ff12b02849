/** How long a task that failed waits before it runs again. Pure. */

import { RETRY_DELAY_MS_MAX } from "../base/limits.ts";

/**
 * Exponential back-off with jitter: each failure doubles the time, of which between half and all is
 * waited, so that tasks that failed together do not come back together.
 *
 * @param failures how often the task has failed, from 1 on
 * @param random from 0 to 1
 * @param firstMs the time after the first failure
 */
export function backOffMs(failures: number, random: number, firstMs: number): number {
  const fullMs = Math.min(RETRY_DELAY_MS_MAX, firstMs * 2 ** (failures - 1));
  return fullMs * (0.5 + random / 2);
}
