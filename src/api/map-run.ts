/** One run of a `map`: takes items, keeps tasks in flight, and hands out results. */

import { PIPELINE_US } from "../base/limits.ts";
import { currentClock } from "../runtime/current.ts";
import { ObjectRef as Handle, waitFor } from "../runtime/object-ref.ts";
import type { ObjectRecord } from "../runtime/object-record.ts";
import { remoteError } from "../runtime/remote-error.ts";
import type { BatchResult, ItemOutcome } from "../runtime/run-batch.ts";
import { follow } from "../runtime/signal-followers.ts";
import { MapProgress } from "./map-progress.ts";
import type { MapOptions } from "./types.ts";

/** How a `map` calls its function. */
export interface MapCalls {
  /** One item, which may be a ref. */
  one(item: unknown): ObjectRecord;
  /** Several items in one task. */
  batch(items: readonly unknown[]): ObjectRecord;
  /** Each item is a task of its own: it may have to be tried again. */
  readonly isSingle: boolean;
  /** The signal of the `map` has aborted. */
  abort(record: ObjectRecord, reason: unknown): void;
  /** The result is of no use any more. */
  cancel(record: ObjectRecord): void;
}

export interface MapRunOptions {
  readonly source: Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;
  readonly total: number | undefined;
  /** Tasks in flight. */
  readonly concurrency: number;
  readonly calls: MapCalls;
  readonly options: MapOptions;
}

/** Items in a task when their time is known: about this much work. */
const BATCH_US = PIPELINE_US;
const BATCH_ITEMS_MAX = 1_024;
/** Results that wait for a consumer who iterates. */
const BUFFERED_MAX = 1_024;

export class MapRun {
  readonly #run: MapRunOptions;
  readonly #progress: MapProgress;
  readonly #inFlight = new Set<ObjectRecord>();
  /** Results by place: of the item, or in order of completion if `ordered` is false. */
  readonly #ready = new Map<number, ItemOutcome>();
  #takenItems = 0;
  #completed = 0;
  #handedOut = 0;
  #isCollecting = false;
  #isTaking = false;
  #isExhausted = false;
  #failure: { readonly reason: unknown } | undefined;
  #unfollow: (() => void) | undefined;
  #itemUs: number | undefined;
  /** Called when something has changed, for those who wait. */
  #waiting: (() => void)[] = [];

  constructor(run: MapRunOptions) {
    this.#run = run;
    this.#progress = new MapProgress(run.total, run.options);
    const { signal } = run.options;
    if (signal?.aborted === true) this.#fail(signal.reason);
    else {
      this.#unfollow = signal && follow(signal, this.#onAbort);
      this.#take();
    }
  }

  /** All results, in a box: a value of the user's may have a `then`. */
  async collect(): Promise<{ values: unknown[] }> {
    this.#isCollecting = true;
    this.#take();
    await this.#until(() => this.#isDone);
    if (this.#failure !== undefined) throw this.#failure.reason;
    const values: unknown[] = [];
    for (let place = this.#handedOut; place < this.#completed; place++) {
      values.push(this.#result(this.#ready.get(place)!));
    }
    return { values };
  }

  iterate(): AsyncIterator<unknown> {
    return {
      next: async () => {
        // Taken before the wait: several may be asked for ahead.
        const place = this.#handedOut++;
        await this.#until(() => this.#ready.has(place) || this.#isDone);
        const outcome = this.#ready.get(place);
        if (outcome === undefined) {
          if (this.#failure !== undefined) throw this.#failure.reason;
          return { done: true, value: undefined };
        }
        this.#ready.delete(place);
        this.#take();
        return { done: false, value: this.#result(outcome) };
      },
      return: async () => {
        this.#fail(new Error("Cannot go on: the loop over the results was left"));
        return { done: true, value: undefined };
      },
    };
  }

  #result([isOk, value]: ItemOutcome): unknown {
    if (this.#run.options.settled !== true) return value;
    return isOk ? { status: "fulfilled", value } : { status: "rejected", reason: value };
  }

  get #isDone(): boolean {
    if (this.#failure !== undefined) return true;
    return this.#isExhausted && this.#completed === this.#takenItems;
  }

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

  // Taking items.

  get #mayTake(): boolean {
    if (this.#isExhausted || this.#failure !== undefined) return false;
    if (this.#inFlight.size >= this.#run.concurrency) return false;
    return this.#isCollecting || this.#ready.size < BUFFERED_MAX;
  }

  #take(): void {
    if (this.#isTaking) return;
    this.#isTaking = true;
    this.#takeAll()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#isTaking = false;
        // A result may have come while the source was being waited for.
        if (this.#mayTake) this.#take();
      });
  }

  async #takeAll(): Promise<void> {
    while (this.#mayTake) {
      const wanted = this.#batchItems();
      const items: unknown[] = [];
      while (items.length < wanted) {
        const next = this.#run.source.next();
        // What has come does not wait for what may take long.
        if (isPromise(next) && items.length > 0 && !(await isSoon(next))) {
          if (this.#failure === undefined) this.#submit(items.splice(0));
        }
        const { done, value }: IteratorResult<unknown, unknown> = isPromise(next)
          ? await next
          : next;
        if (done === true) {
          this.#isExhausted = true;
          break;
        }
        items.push(value);
        if (value instanceof Handle) break;
      }
      // It may have failed, or been left, while the source was being waited for.
      if (items.length > 0 && this.#failure === undefined) this.#submit(items);
      if (this.#isExhausted) this.#settleIfDone();
    }
  }

  #batchItems(): number {
    if (this.#run.calls.isSingle) return 1;
    const { batchSize = "auto" } = this.#run.options;
    if (batchSize !== "auto") return batchSize;
    if (this.#itemUs === undefined) return 1;
    const byTime = Math.max(1, Math.min(BATCH_ITEMS_MAX, Math.floor(BATCH_US / this.#itemUs)));
    if (this.#run.total === undefined) return byTime;
    // Towards the end the tasks get smaller, so that all cores finish together.
    const left = this.#run.total - this.#takenItems;
    return Math.max(1, Math.min(byTime, Math.ceil(left / (2 * this.#run.concurrency))));
  }

  #submit(items: unknown[]): void {
    const last = items.at(-1);
    if (last instanceof Handle || this.#run.calls.isSingle) {
      if (items.length > 1) this.#submitBatch(items.slice(0, -1));
      this.#submitOne(last);
    } else this.#submitBatch(items);
  }

  #submitOne(item: unknown): void {
    const record = this.#run.calls.one(item);
    this.#follow(record, 1, (value) => [[true, value]]);
  }

  #submitBatch(items: readonly unknown[]): void {
    const record = this.#run.calls.batch(items);
    this.#follow(record, items.length, (value) => {
      const { outcomes, durationUs } = value as BatchResult;
      this.#itemUs = Math.max(1, durationUs / items.length);
      return outcomes.map(([isOk, result]) =>
        isOk ? [true, result] : [false, remoteError(result, record.site)],
      );
    });
  }

  #follow(
    record: ObjectRecord,
    count: number,
    outcomesOf: (value: unknown) => ItemOutcome[],
  ): void {
    const firstItem = this.#takenItems;
    this.#takenItems += count;
    this.#inFlight.add(record);
    // There is no ref to it: once it is read nobody needs what is stored of it.
    record.needed();
    waitFor(record)
      .then(
        (box) => this.#arrived(record, firstItem, outcomesOf(box.value)),
        (reason: unknown) => {
          const outcomes = Array.from({ length: count }, (): ItemOutcome => [false, reason]);
          this.#arrived(record, firstItem, outcomes);
        },
      )
      .catch((error: unknown) => this.#fail(error))
      .finally(() => record.noLongerNeeded());
  }

  #arrived(record: ObjectRecord, firstItem: number, outcomes: readonly ItemOutcome[]): void {
    this.#inFlight.delete(record);
    if (this.#failure !== undefined) return;
    const { ordered = true, settled = false } = this.#run.options;
    for (const [index, outcome] of outcomes.entries()) {
      if (!outcome[0] && !settled) {
        this.#fail(outcome[1]);
        return;
      }
      this.#ready.set(ordered ? firstItem + index : this.#completed, outcome);
      this.#completed++;
    }
    this.#progress.advance(outcomes.length);
    this.#settleIfDone();
    this.#notify();
    this.#take();
  }

  // Ends.

  readonly #onAbort = (reason: unknown): void => {
    for (const record of this.#inFlight) this.#run.calls.abort(record, reason);
    this.#fail(reason);
  };

  #settleIfDone(): void {
    if (!this.#isDone) return;
    this.#release();
    this.#notify();
  }

  /** The first failure ends everything: what is in flight is cancelled. */
  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    const isOver = this.#isDone;
    this.#failure = { reason };
    for (const record of this.#inFlight) this.#run.calls.cancel(record);
    this.#inFlight.clear();
    this.#release();
    if (!isOver && !this.#isExhausted) {
      this.#isExhausted = true;
      // Later: it may be the source itself that aborts, and a running generator cannot be closed.
      Promise.resolve()
        .then(() => this.#run.source.return?.())
        .catch(() => {
          // The map has failed already: what the source says to being closed comes too late.
        });
    }
    this.#notify();
  }

  #release(): void {
    this.#progress.stop();
    this.#unfollow?.();
  }
}

/** Whether the promise settles within this turn of the event loop. */
async function isSoon(promise: Promise<unknown>): Promise<boolean> {
  let hasSettled = false;
  const settle = (): void => void (hasSettled = true);
  promise.then(settle, settle);
  await new Promise<void>((resolve) => currentClock().setImmediate(resolve));
  return hasSettled;
}

function isPromise<T>(value: T | Promise<T> | undefined): value is Promise<T> {
  return value instanceof Promise;
}
