/** The clock and the garbage collector of this process. */

import type { Clock, Timer } from "../base/clock.ts";
import type { Collector } from "../base/collector.ts";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimeout: (job, delayMs) => setTimeout(job, delayMs),
  clearTimeout: (timer: Timer | undefined) => clearTimeout(timer as NodeJS.Timeout | undefined),
  setImmediate: (job) => void setImmediate(job),
};

export const systemCollector: Collector = {
  weakly: (target) => new WeakRef(target),
  registry: (onCollected) => new FinalizationRegistry(onCollected),
};
