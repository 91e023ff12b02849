/**
 * A bounded queue, and those who wait for its items and for its room. Plain code: no promise, no
 * time.
 *
 * Who came first is served first, also if somebody behind could be served already. Never wait
 * both: where somebody waits for items, whatever is put is let in.
 */

import { Deque } from "../base/deque.ts";
import { Line, type Waiting } from "./line.ts";

/** What a get or a put has come to. */
export type Answer<T> =
  | { readonly state: "done"; readonly items: readonly T[] }
  | {
      /** "none": no items, or no room; "never": more than the queue can hold. */
      readonly state: "none" | "closed" | "never";
      readonly size: number;
      readonly maxSize: number;
    };

export interface Getter<T> extends Waiting {
  readonly count: number;
  readonly settle: (answer: Answer<T>) => void;
}

export interface Putter<T> extends Waiting {
  readonly items: readonly T[];
  readonly settle: (answer: Answer<T>) => void;
}

const INVALID = "Cannot go on: the queue is broken";

export class BoundedQueue<T> {
  readonly maxSize: number;
  #items = new Deque<T>();
  readonly #getters = new Line<Getter<T>>();
  readonly #putters = new Line<Putter<T>>();
  #isClosed = false;

  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  get size(): number {
    return this.#items.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Asks for `count` items at once. A closed queue gives fewer, if that is all that it has.
   *
   * @returns the getter, which waits unless it has been settled
   */
  get(count: number, settle: (answer: Answer<T>) => void): Getter<T> {
    const getter: Getter<T> = { count, settle, isWaiting: false };
    if (count > this.maxSize) settle(this.#refusal("never"));
    else if (this.#isClosed) this.#giveRest(getter);
    else {
      this.#getters.push(getter);
      this.#advance();
    }
    return getter;
  }

  /** Brings in all of the items or none, as soon as there is room for them. */
  put(items: readonly T[], settle: (answer: Answer<T>) => void): Putter<T> {
    const putter: Putter<T> = { items, settle, isWaiting: false };
    if (this.#isClosed) settle(this.#refusal("closed"));
    else if (items.length > this.maxSize) settle(this.#refusal("never"));
    else {
      this.#putters.push(putter);
      this.#advance();
    }
    return putter;
  }

  /** Has no effect on those who were served. */
  withdraw(waiter: Getter<T> | Putter<T>): void {
    if (!waiter.isWaiting) return;
    if ("count" in waiter) this.#getters.leave(waiter);
    else this.#putters.leave(waiter);
    waiter.settle(this.#refusal("none"));
    this.#advance();
  }

  /** Items that nobody has used after all: to the front, whether there is room or not. */
  putBack(items: readonly T[]): void {
    const others = this.#items;
    this.#items = new Deque();
    for (const item of [...items, ...others]) this.#items.push(item);
    this.#advance();
  }

  /** Nothing is put any more. Those who wait get what there is. */
  close(): void {
    this.#isClosed = true;
    for (let one = this.#putters.shift(); one !== undefined; one = this.#putters.shift()) {
      one.settle(this.#refusal("closed"));
    }
    for (let one = this.#getters.shift(); one !== undefined; one = this.#getters.shift()) {
      this.#giveRest(one);
    }
  }

  /** Throws if the queue is in a state that cannot be. Its tests call it after every event. */
  validate(): void {
    const [getters, putters] = [this.#getters.length, this.#putters.length];
    if (getters > 0 && putters > 0)
      throw new Error(`${INVALID}: ${getters} getters wait and ${putters} putters`);
    if (this.#isClosed && getters + putters > 0)
      throw new Error(`${INVALID}: somebody waits though it is closed`);
    const getter = this.#getters.first();
    if (getter && getter.count <= this.size)
      throw new Error(`${INVALID}: a getter waits for what is there`);
    const putter = this.#putters.first();
    if (putter && putter.items.length + this.size <= this.maxSize) {
      throw new Error(`${INVALID}: a putter waits though there is room`);
    }
  }

  #advance(): void {
    for (;;) {
      const getter = this.#getters.first();
      if (getter !== undefined && getter.count <= this.size) {
        this.#getters.shift();
        getter.settle({ state: "done", items: this.#take(getter.count) });
        continue;
      }
      const putter = this.#putters.first();
      if (putter === undefined) return;
      // The getter wants more than there is, and no more than fits: if the items are too many, it
      // takes so many of them at once that the rest fits.
      if (getter === undefined && this.size + putter.items.length > this.maxSize) return;
      this.#putters.shift();
      for (const item of putter.items) this.#items.push(item);
      putter.settle({ state: "done", items: [] });
    }
  }

  #giveRest({ count, settle }: Getter<T>): void {
    if (this.size === 0) settle(this.#refusal("closed"));
    else settle({ state: "done", items: this.#take(Math.min(count, this.size)) });
  }

  #take(count: number): T[] {
    return Array.from({ length: count }, () => this.#items.shift() as T);
  }

  #refusal(state: "none" | "closed" | "never"): Answer<T> {
    return { state, size: this.size, maxSize: this.maxSize };
  }
}
