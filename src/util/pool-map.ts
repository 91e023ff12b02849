/** What `map` of a pool gives. */

import type { PoolRun } from "./pool-run.ts";

/** Await it for all results, or iterate them as they come. */
export interface PoolResult<out R> extends Promise<R[]>, AsyncIterable<R> {}

export class PoolMap<T> implements PoolResult<unknown> {
  readonly #run: PoolRun<T>;
  #all: Promise<{ readonly values: unknown[] }> | undefined;

  constructor(run: PoolRun<T>) {
    this.#run = run;
  }

  then<A = unknown[], B = never>(
    onFulfilled?: ((values: unknown[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#all ??= this.#run.collect();
    const unboxed = onFulfilled
      ? (all: { values: unknown[] }): A | PromiseLike<A> => onFulfilled(all.values)
      : (all: { values: unknown[] }): A => all.values as A;
    return this.#all.then(unboxed, onRejected);
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
    return this.#run;
  }

  get [Symbol.toStringTag](): string {
    return "PoolResult";
  }
}
