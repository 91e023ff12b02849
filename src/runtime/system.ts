/** The surroundings of a real process. */

import type { Clock, Timer } from "../base/clock.ts";
import type { Collector } from "../base/collector.ts";
import { BOARD_BYTES } from "../core/board.ts";
import { BoardFiles } from "../store/boards.ts";
import { collectGarbage } from "../store/collect-garbage.ts";
import { Store } from "../store/store.ts";
import { loadNativeLibrary } from "../worker/native-library.ts";
import { KeyCounter } from "./key-counter.ts";
import type { Surroundings } from "./surroundings.ts";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimeout: (job, delayMs) => setTimeout(job, delayMs),
  clearTimeout: (timer: Timer | undefined) => clearTimeout(timer as NodeJS.Timeout | undefined),
  setImmediate: (job) => void setImmediate(job),
};

export const systemCollector: Collector = {
  collect: collectGarbage,
  weakly: (target) => new WeakRef(target),
  registry: (onCollected) => new FinalizationRegistry(onCollected),
};

export const systemSurroundings: Surroundings = {
  clock: systemClock,
  collector: systemCollector,
  random: Math.random,
  // Goes on from one runtime to the next: a ref of an earlier one is never taken for a new one.
  keys: new KeyCounter(),
  makeStore: (place) => new Store({ ...place, loadLibrary: loadNativeLibrary }),
  makeBoards: ({ memoryDirectory, processId }) => {
    return new BoardFiles({
      directory: memoryDirectory,
      ...{ processId, sizeBytes: BOARD_BYTES, loadLibrary: loadNativeLibrary },
    });
  },
};
