/**
 * Bounded polling: a process that has just been active keeps its event loop turning for some tens
 * of microseconds before it sleeps. A wake-up costs more than that on both sides.
 *
 * It pays only where messages follow each other closely, and only if both sides do it. So what
 * decides is the time since the last message, which both see alike: where it is long, because
 * tasks are or because others want the cores, polling would take CPU from whoever has the answer.
 */
export class Poller {
  readonly #pollingUs: number;
  readonly #nowUs: () => number;
  readonly #nextTurn: (turn: () => void) => void;
  #lastUs = -Infinity;
  #isTurning = false;
  /** Something has come since the last turn: one look at the clock in each turn is enough. */
  #isTouched = false;

  constructor(
    pollingUs: number,
    nowUs: () => number,
    nextTurn: (turn: () => void) => void = setImmediate,
  ) {
    this.#pollingUs = pollingUs;
    this.#nowUs = nowUs;
    this.#nextTurn = nextTurn;
  }

  /** Something was received: more may follow soon. */
  touch(): void {
    if (this.#isTurning) {
      this.#isTouched = true;
      return;
    }
    const nowUs = this.#nowUs();
    const gapUs = nowUs - this.#lastUs;
    this.#lastUs = nowUs;
    if (gapUs > CLOSE_TIMES * this.#pollingUs || this.#pollingUs === 0) return;
    this.#isTurning = true;
    this.#nextTurn(this.#turn);
  }

  readonly #turn = (): void => {
    const nowUs = this.#nowUs();
    if (this.#isTouched) this.#lastUs = nowUs;
    this.#isTouched = false;
    this.#isTurning = nowUs - this.#lastUs < this.#pollingUs;
    if (this.#isTurning) this.#nextTurn(this.#turn);
  };
}

/**
 * Messages are close up to this many polling times apart. Two sides that sleep between messages
 * are two or three apart, because each has to be woken: they must find each other again.
 */
const CLOSE_TIMES = 6;
