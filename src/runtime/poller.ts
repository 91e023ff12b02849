/**
 * Bounded polling: a process that has just been active keeps its event loop turning for some tens
 * of microseconds before it sleeps. A wake-up costs more than that on both sides.
 *
 * Where messages take longer than that, because others want the cores, polling only takes CPU
 * from whoever has the answer: after some vain attempts it pauses for a while.
 */
export class Poller {
  readonly #pollingUs: number;
  readonly #nowUs: () => number;
  #untilUs = 0;
  #isTurning = false;
  /** Attempts in a row during which nothing came. */
  #misses = 0;
  /** Messages that are still to be met without polling. */
  #pause = 0;

  constructor(pollingUs: number, nowUs: () => number) {
    this.#pollingUs = pollingUs;
    this.#nowUs = nowUs;
  }

  /** Something was received: more may follow soon. */
  touch(): void {
    if (this.#pollingUs === 0) return;
    if (this.#isTurning) {
      this.#misses = 0;
      this.#untilUs = this.#nowUs() + this.#pollingUs;
      return;
    }
    if (this.#pause > 0) {
      this.#pause--;
      return;
    }
    this.#untilUs = this.#nowUs() + this.#pollingUs;
    this.#isTurning = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    if (this.#nowUs() < this.#untilUs) {
      setImmediate(this.#turn);
      return;
    }
    this.#isTurning = false;
    if (++this.#misses < MISSES_MAX) return;
    this.#misses = MISSES_MAX - 1;
    this.#pause = PAUSE_MESSAGES;
  };
}

const MISSES_MAX = 8;
const PAUSE_MESSAGES = 256;
