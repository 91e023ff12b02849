/**
 * A time limit for what others do. A process that has not had its turn for a while finds its timers
 * due before it looks at what has come meanwhile. That counts: it is read first.
 */

import type { Clock, Timer } from "./clock.ts";

export class Deadline {
  readonly #clock: Clock;
  readonly #timer: Timer;
  #isOff = false;

  /** Calls `missed` when the time is up, unless it was called off. */
  constructor(clock: Clock, delayMs: number, missed: () => void) {
    this.#clock = clock;
    const judge = (): void => {
      if (!this.#isOff) missed();
    };
    // Two turns: of a link that was closed it is told a turn after the last of it was read.
    const read = (): void => clock.setImmediate(() => clock.setImmediate(judge));
    this.#timer = clock.setTimeout(read, delayMs);
  }

  /** It does not keep the process alive. */
  unref(): this {
    this.#timer.unref();
    return this;
  }

  callOff(): void {
    this.#isOff = true;
    this.#clock.clearTimeout(this.#timer);
  }
}
