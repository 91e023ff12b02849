/** One `map` over a pool: takes items as actors are free for them, and hands out results. */

import { cancel } from "../api/objects.ts";
import { isRef } from "../api/probes.ts";
import type { ActorHandle } from "../api/actor-types.ts";
import type { Source } from "../api/items.ts";

/** Whether a call succeeded, and its value or its error. */
export type Outcome = readonly [isOk: boolean, value: unknown];

/** A call that waits for an actor. */
export interface Job<T> {
  readonly call: (actor: ActorHandle<T>) => PromiseLike<unknown>;
  readonly settle: (outcome: Outcome) => void;
}

export interface Settings<T> {
  readonly source: Source;
  readonly isOrdered: boolean;
  readonly call: (actor: ActorHandle<T>, item: unknown) => PromiseLike<unknown>;
  /** Calls that the pool can have under way. */
  readonly callsMax: () => number;
  readonly start: (job: Job<T>) => void;
  /** No item is taken any more. */
  readonly ended: (run: PoolRun<T>) => void;
}

/** Results that wait for a consumer who iterates. */
const BUFFERED_MAX = 1_024;

export class PoolRun<T> {
  readonly #settings: Settings<T>;
  /** Outcomes by place: of the item, or in order of completion. */
  readonly #ready = new Map<number, Outcome>();
  /** What was returned for items whose outcome has not come, by the item's place. */
  readonly #inFlight = new Map<number, unknown>();
  #taken = 0;
  #completed = 0;
  #handedOut = 0;
  #isCollecting = false;
  #isTaking = false;
  #isExhausted = false;
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;
  /** Called when something has changed, for those who wait. */
  #waiting: (() => void)[] = [];

  constructor(settings: Settings<T>) {
    this.#settings = settings;
  }

  /** All results, in a box: a value of the user's may have a `then`. */
  async collect(): Promise<{ readonly values: unknown[] }> {
    this.#isCollecting = true;
    this.take();
    await this.#until(() => this.#isDone || this.#failure !== undefined);
    if (this.#failure !== undefined) {
      this.#leave();
      throw this.#failure.reason;
    }
    const values: unknown[] = [];
    for (let place = this.#handedOut; place < this.#completed; place++) {
      values.push(this.#ready.get(place)![1]);
    }
    return { values };
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    // Taken before the wait: several may be asked for ahead.
    const place = this.#handedOut++;
    await this.#until(() => this.#ready.has(place) || this.#isDone);
    const outcome = this.#ready.get(place);
    if (outcome === undefined) return { done: true, value: undefined };
    const [isOk, value] = outcome;
    if (!isOk) {
      this.#leave();
      throw value;
    }
    this.#ready.delete(place);
    this.take();
    return { done: false, value };
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Takes items, if actors are free for them. */
  take(): void {
    if (this.#isTaking || !this.#mayTake) return;
    this.#isTaking = true;
    this.#takeAll()
      .catch((error: unknown) => this.#sourceFailed(error))
      .finally(() => {
        this.#isTaking = false;
        this.take();
      });
  }

  get #mayTake(): boolean {
    if (this.#isExhausted || this.#isOver) return false;
    if (this.#inFlight.size >= this.#settings.callsMax()) return false;
    return this.#isCollecting || this.#ready.size < BUFFERED_MAX;
  }

  async #takeAll(): Promise<void> {
    while (this.#mayTake) {
      const next = this.#settings.source.next();
      const { done, value } = next instanceof Promise ? await next : next;
      // It may have failed, or been left, while the source was being waited for.
      if (this.#isExhausted || this.#isOver) return;
      if (done === true) this.#exhausted();
      else this.#begin(value);
    }
  }

  #begin(item: unknown): void {
    const place = this.#taken++;
    this.#inFlight.set(place, undefined);
    this.#settings.start({
      call: (actor) => {
        // In line it was overtaken by the end.
        if (!this.#inFlight.has(place)) return Promise.resolve();
        const result = this.#settings.call(actor, item);
        this.#inFlight.set(place, result);
        return result;
      },
      settle: (outcome) => {
        if (this.#inFlight.delete(place)) this.#arrived(place, outcome);
      },
    });
  }

  #arrived(place: number, outcome: Outcome): void {
    if (this.#isOver) return;
    this.#ready.set(this.#settings.isOrdered ? place : this.#completed, outcome);
    this.#completed++;
    if (!outcome[0]) this.#fail(place, outcome[1]);
    this.#notify();
    this.take();
  }

  // Ends.

  get #isDone(): boolean {
    return this.#isOver || (this.#isExhausted && this.#inFlight.size === 0);
  }

  /** Its failure stands where its next item would. */
  #sourceFailed(error: unknown): void {
    if (this.#isExhausted) return;
    this.#exhausted();
    this.#arrived(this.#taken++, [false, error]);
  }

  #exhausted(): void {
    this.#isExhausted = true;
    this.#settings.ended(this);
    this.#notify();
  }

  /** In order, what comes before the failure is still of use. */
  #fail(place: number, reason: unknown): void {
    this.#failure ??= { reason };
    this.#close();
    this.#drop((other) => !this.#settings.isOrdered || other > place);
  }

  #leave(): void {
    this.#isOver = true;
    this.#ready.clear();
    this.#close();
    this.#drop(() => true);
    this.#notify();
  }

  #close(): void {
    if (this.#isExhausted) return;
    this.#exhausted();
    // Later: the source itself may be running, and a running generator cannot be closed.
    Promise.resolve()
      .then(() => this.#settings.source.return?.())
      .catch(() => {
        // It is over already: what the source says to being closed comes too late.
      });
  }

  #drop(isNeedless: (place: number) => boolean): void {
    for (const [place, result] of [...this.#inFlight]) {
      if (!isNeedless(place)) continue;
      this.#inFlight.delete(place);
      if (isRef(result)) cancel(result);
    }
  }

  // Waiting.

  #until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (isTrue()) resolve();
        else this.#waiting.push(check);
      };
      check();
    });
  }

  #notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const check of waiting) check();
  }
}
