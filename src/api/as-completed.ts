/** `asCompleted`: refs in the order in which they become ready. */

import type { ObjectRecord } from "../runtime/object-record.ts";
import { follow } from "../runtime/signal-followers.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { recordFor } from "./objects.ts";
import { checkOptions, isSignal } from "./options.ts";
import type { AsCompletedOptions, ObjectRef, RefIterable } from "./types.ts";

/**
 * Iterates refs in the order in which they become ready, failed ones included.
 *
 * @example
 * for await (const ref of asCompleted(refs)) console.log(await ref);
 */
export function asCompleted<T>(
  refs: Iterable<ObjectRef<T>>,
  options: AsCompletedOptions = {},
): RefIterable<T> {
  checkOptions(options, { signal: isSignal }, "asCompleted");
  const waiting = [...refs].map((ref) => ({ ref, record: recordFor(ref, "asCompleted") }));
  return { [Symbol.asyncIterator]: () => new Completions(waiting, options.signal) };
}

type Completion<T> = IteratorResult<ObjectRef<T>, void>;

/** Who waits for the next ref. */
interface Asking<T> {
  readonly take: (ref: ObjectRef<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** By hand: a generator would unwrap the refs that it yields. */
class Completions<T> {
  readonly #ready: ObjectRef<T>[] = [];
  readonly #asking = new Set<Asking<T>>();
  readonly #signal: AbortSignal | undefined;
  #left: number;
  #isOver = false;
  #unfollow: (() => void) | undefined;

  constructor(
    waiting: readonly { ref: ObjectRef<T>; record: ObjectRecord }[],
    signal: AbortSignal | undefined,
  ) {
    this.#left = waiting.length;
    this.#signal = signal;
    if (signal?.aborted === false && waiting.length > 0) {
      this.#unfollow = follow(signal, (reason) => this.#abort(reason));
    }
    if (waiting.length === 0) this.#isOver = signal?.aborted !== true;
    for (const { ref, record } of waiting) record.whenSettled(() => this.#arrived(ref));
  }

  #arrived(ref: ObjectRef<T>): void {
    const [asking] = this.#asking;
    if (asking === undefined) this.#ready.push(ref);
    else asking.take(ref);
  }

  #abort(reason: unknown): void {
    for (const { reject } of [...this.#asking]) reject(reason);
  }

  /** The next one is promised to somebody. */
  #promised(): void {
    if (--this.#left === 0 && this.#asking.size === 0) this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#unfollow?.();
  }

  next(): Promise<Completion<T>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    if (this.#signal?.aborted === true) return Promise.reject(this.#signal.reason as Error);
    if (this.#left === 0) return Promise.resolve({ done: true, value: undefined });
    const value = this.#ready.shift();
    if (value !== undefined) {
      this.#promised();
      return Promise.resolve({ done: false, value });
    }
    return this.#wait();
  }

  #wait(): Promise<Completion<T>> {
    const scope = currentScope();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#asking.delete(asking);
        scope?.waitEnds(stop);
        if (this.#left === 0 && this.#asking.size === 0) this.#end();
      };
      const stop = (reason: unknown): void => {
        leave();
        reject(reason);
      };
      const asking: Asking<T> = {
        take: (value) => {
          leave();
          resolve({ done: false, value });
        },
        reject: stop,
      };
      this.#left--;
      this.#asking.add(asking);
      scope?.waitBegins(stop);
    });
  }

  return(): Promise<Completion<T>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
