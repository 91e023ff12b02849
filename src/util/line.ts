/** Those who wait, in their order; anyone may leave from the middle of the line. */

import { Deque } from "../base/deque.ts";

export interface Waiting {
  /** Set by the line. */
  isWaiting: boolean;
}

export class Line<W extends Waiting> {
  readonly #places = new Deque<W>();
  /** Places of those who have left, not removed yet. */
  #left = 0;

  /** Those who wait. */
  get length(): number {
    return this.#places.size - this.#left;
  }

  push(waiter: W): void {
    waiter.isWaiting = true;
    this.#places.push(waiter);
  }

  first(): W | undefined {
    for (;;) {
      const waiter = this.#places.first();
      if (waiter === undefined || waiter.isWaiting) return waiter;
      this.#places.shift();
      this.#left--;
    }
  }

  /** Takes out who is first. */
  shift(): W | undefined {
    const waiter = this.first();
    if (waiter === undefined) return undefined;
    this.#places.shift();
    waiter.isWaiting = false;
    return waiter;
  }

  /** Precondition: `waiter` is in this line, or in none. */
  leave(waiter: W): void {
    if (!waiter.isWaiting) return;
    waiter.isWaiting = false;
    this.#left++;
    // Cleared when half of the line is empty places, so that leaving costs the same on average.
    if (this.#left * 2 <= this.#places.size) return;
    this.#places.retain(({ isWaiting }) => isWaiting);
    this.#left = 0;
  }
}
