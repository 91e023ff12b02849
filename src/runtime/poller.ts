/**
 * Bounded polling: a process that has just been active keeps its event loop turning for some tens
 * of microseconds before it sleeps. A wake-up costs more than that on both sides.
 */
export class Poller {
  readonly #pollingUs: number;
  readonly #nowUs: () => number;
  #untilUs = 0;
  #isTurning = false;

  constructor(pollingUs: number, nowUs: () => number) {
    this.#pollingUs = pollingUs;
    this.#nowUs = nowUs;
  }

  /** Something was received, or an answer is expected soon. */
  touch(): void {
    if (this.#pollingUs === 0) return;
    this.#untilUs = this.#nowUs() + this.#pollingUs;
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    if (this.#nowUs() >= this.#untilUs) this.#isTurning = false;
    else setImmediate(this.#turn);
  };
}
