/** What a process finds around it. Passed in, so that a simulator can be all of it. */

import type { Clock } from "../base/clock.ts";
import type { Collector } from "../base/collector.ts";
import type { Boards } from "../store/boards.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { StorePlace } from "../store/store.ts";
import type { KeyCounter } from "./key-counter.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly collector: Collector;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly keys: KeyCounter;
  makeStore(place: StorePlace): ObjectStore;
  makeBoards(place: StorePlace): Boards;
}
