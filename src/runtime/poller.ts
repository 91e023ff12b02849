/**
 * Bounded polling: a process that has just been active keeps its event loop turning for some tens
 * of microseconds before it sleeps. A wake-up costs more than that on both sides.
 *
 * It pays only where messages follow each other closely, and only if both sides do it. So what
 * decides is the time since the last message, which both see alike: where it is long, because
 * tasks are or because others want the cores, polling would take CPU from whoever has the answer.
 */

import type { Clock } from "../base/clock.ts";

export class Poller {
  readonly #pollingUs: number;
  readonly #clock: Clock;
  #lastUs = -Infinity;
  #isTurning = false;
  /** Something has come since the last turn: one look at the clock in each turn is enough. */
  #isTouched = false;

  constructor(pollingUs: number, clock: Clock) {
    this.#pollingUs = pollingUs;
    this.#clock = clock;
  }

  /** Something was received: more may follow soon. */
  touch(): void {
    if (this.#isTurning) {
      this.#isTouched = true;
      return;
    }
    const nowUs = this.#clock.nowMs() * 1_000;
    const gapUs = nowUs - this.#lastUs;
    this.#lastUs = nowUs;
    if (gapUs > CLOSE_TIMES * this.#pollingUs || this.#pollingUs === 0) return;
    this.#isTurning = true;
    this.#clock.setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const nowUs = this.#clock.nowMs() * 1_000;
    if (this.#isTouched) this.#lastUs = nowUs;
    this.#isTouched = false;
    this.#isTurning = nowUs - this.#lastUs < this.#pollingUs;
    if (this.#isTurning) this.#clock.setImmediate(this.#turn);
  };
}

/**
 * Messages are close up to this many polling times apart. Two sides that sleep between messages
 * are two or three apart, because each has to be woken: they must find each other again.
 */
const CLOSE_TIMES = 6;
