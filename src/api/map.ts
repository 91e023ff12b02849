/**
 * `map`: a remote function over many items, with a bounded number of tasks in flight. Items are
 * taken from their source only as they are needed.
 */

import { ObjectRef as Handle } from "../runtime/object-ref.ts";
import type { ObjectRecord } from "../runtime/object-record.ts";
import { follow } from "../runtime/signal-followers.ts";
import { sourceOf, type Items, type Source } from "./items.ts";
import { MapRun, type MapCalls } from "./map-run.ts";
import {
  checkOptions,
  isBoolean,
  isCount,
  isCountOrInfinity,
  isFunction,
  isSignal,
  type Rule,
} from "./options.ts";
import type { MapOptions, MapResult, ObjectRef, RefIterable } from "./types.ts";

const RULES: Readonly<Record<keyof MapOptions, Rule>> = {
  concurrency: isCountOrInfinity,
  ordered: isBoolean,
  batchSize: (value) =>
    value === "auto" || isCount(1)(value) === undefined
      ? undefined
      : 'must be "auto" or a whole number from 1 on',
  onProgress: isFunction,
  progress: isBoolean,
  signal: isSignal,
  settled: isBoolean,
};

/** Tasks in flight per core: one runs, and the next is there when it ends. */
const TASKS_PER_CORE = 2;
const CONCURRENCY_MIN = 4;

/** `parallelism`: tasks of the function that the machine can run at the same time. */
export function mapItems(
  items: Items,
  options: MapOptions,
  parallelism: number,
  callsFor: (options: MapOptions) => MapCalls,
): MapResult<unknown> {
  checkOptions(options, RULES, "map");
  const source = sourceOf(items);
  const concurrency =
    options.concurrency ?? Math.max(CONCURRENCY_MIN, parallelism * TASKS_PER_CORE);
  return new MapHandle(source, sizeOf(items), concurrency, callsFor(options), options);
}

/** Starts at once, unless its refs are asked for in the same turn. */
class MapHandle implements MapResult<unknown> {
  readonly #start: () => MapRun;
  readonly #calls: MapCalls;
  readonly #source: Source;
  readonly #concurrency: number;
  readonly #signal: AbortSignal | undefined;
  #run: MapRun | undefined;
  #all: Promise<{ values: unknown[] }> | undefined;
  #isByRef = false;

  constructor(
    source: Source,
    total: number | undefined,
    concurrency: number,
    calls: MapCalls,
    options: MapOptions,
  ) {
    this.#source = source;
    this.#concurrency = concurrency;
    this.#calls = calls;
    this.#signal = options.signal;
    this.#start = () => new MapRun({ source, total, concurrency, calls, options });
    queueMicrotask(() => {
      if (!this.#isByRef) this.#running();
    });
  }

  #running(): MapRun {
    this.#run ??= this.#start();
    return this.#run;
  }

  #collect(): Promise<{ values: unknown[] }> {
    this.#all ??= this.#running().collect();
    return this.#all;
  }

  then<A = unknown[], B = never>(
    onFulfilled?: ((values: unknown[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const unboxed = onFulfilled
      ? (all: { values: unknown[] }): A | PromiseLike<A> => onFulfilled(all.values)
      : (all: { values: unknown[] }): A => all.values as A;
    return this.#collect().then(unboxed, onRejected);
  }

  catch<B = never>(
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<unknown[] | B> {
    return this.then(null, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<unknown[]> {
    return this.then().finally(onFinally);
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this.#running().iterate();
  }

  refs(): RefIterable<unknown> {
    this.#isByRef = true;
    return {
      [Symbol.asyncIterator]: () =>
        new MapRefs(this.#source, this.#concurrency, this.#calls, this.#signal),
    };
  }

  get [Symbol.toStringTag](): string {
    return "MapResult";
  }
}

type RefResult = IteratorResult<ObjectRef<unknown>, void>;

/** By hand: a generator would unwrap the refs. */
class MapRefs {
  readonly #source: Source;
  readonly #concurrency: number;
  readonly #calls: MapCalls;
  readonly #signal: AbortSignal | undefined;
  readonly #inFlight = new Set<ObjectRecord>();
  #ended: () => void = () => undefined;
  #isExhausted = false;
  #unfollow: (() => void) | undefined;

  constructor(
    source: Source,
    concurrency: number,
    calls: MapCalls,
    signal: AbortSignal | undefined,
  ) {
    this.#source = source;
    this.#concurrency = concurrency;
    this.#calls = calls;
    this.#signal = signal;
    if (signal?.aborted === false) this.#unfollow = follow(signal, this.#onAbort);
  }

  readonly #onAbort = (reason: unknown): void => {
    for (const record of this.#inFlight) this.#calls.abort(record, reason);
    this.#ended();
  };

  async next(): Promise<RefResult> {
    while (this.#inFlight.size >= this.#concurrency && this.#signal?.aborted !== true) {
      await new Promise<void>((resolve) => (this.#ended = resolve));
    }
    this.#signal?.throwIfAborted();
    const { done, value }: IteratorResult<unknown, unknown> = await this.#source.next();
    if (done === true) {
      this.#isExhausted = true;
      this.#unfollowIfDone();
      return { done: true, value: undefined };
    }
    const record = this.#calls.one(value);
    this.#inFlight.add(record);
    record.whenSettled(() => {
      this.#inFlight.delete(record);
      this.#unfollowIfDone();
      this.#ended();
    });
    return { done: false, value: new Handle(record) as unknown as ObjectRef<unknown> };
  }

  /** What is in flight ends with the signal, also when no more items are taken. */
  #unfollowIfDone(): void {
    if (this.#isExhausted && this.#inFlight.size === 0) this.#unfollow?.();
  }

  async return(): Promise<RefResult> {
    this.#isExhausted = true;
    this.#unfollowIfDone();
    await this.#source.return?.();
    return { done: true, value: undefined };
  }
}

function sizeOf(items: Items): number | undefined {
  const { length, size } = items as { length?: unknown; size?: unknown };
  if (typeof length === "number") return length;
  return typeof size === "number" ? size : undefined;
}
