/// <reference lib="esnext.disposable" preserve="true" />
/** Types of the public API. What they promise is tested in `tests/types`. */

declare const ref: unique symbol;

/**
 * A handle of a value that a task makes, or that lies in the object store. Await it like a
 * promise; pass it to a remote function, which then gets the value without its coming here.
 *
 * @example
 * const image = put(pixels);
 * const parts = filters.map((filter) => convolve(image, filter));
 */
export interface ObjectRef<out T> extends Promise<T>, Disposable {
  readonly [ref]: T;
  /** Names the object in messages. */
  readonly id: string;
}

// `never`: with `any[]` a default parameter would become `any`.
export type Callable = (this: void, ...args: never) => unknown;

export type IsAny<T> = 0 extends 1 & T ? true : false;
type NestTheRef = { "a direct ref arrives as its value: pass [ref] or { ref }": never };
type Argument<P> =
  IsAny<P> extends true
    ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is declared stays so
      any
    : [P] extends [never]
      ? never
      : [P] extends [{ [ref]: unknown }]
        ? NestTheRef
        : P | ObjectRef<P>;

/** Parameters of a remote function: each may be given as a value or as a ref. */
export type Arguments<A extends readonly unknown[]> = { [K in keyof A]: Argument<A[K]> };

type One<R> =
  IsAny<R> extends true
    ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is returned stays so
      ObjectRef<any>
    : [R] extends [never]
      ? ObjectRef<never>
      : [R] extends [Produced<infer T>]
        ? RefStream<Awaited<T>>
        : [AsyncIterable<never>, R] extends [R, AsyncIterable<infer T>]
          ? RefStream<Awaited<T>>
          : ObjectRef<Awaited<R>>;
// What a generator function may be declared to return. A plain `Iterable` may be an array as well,
// and is a value; a plain `AsyncIterable`, which is compared above, can only be iterated.
type Produced<T> =
  | Generator<T, unknown, never>
  | AsyncGenerator<T, unknown, never>
  | IterableIterator<T>
  | AsyncIterableIterator<T>;
type Many<R> = R extends readonly unknown[]
  ? { -readonly [K in keyof R]: ObjectRef<Awaited<R[K]>> }
  : never;

/** Whether a call gives one ref, or stream, or with `numReturns` a list of refs. */
export type Mode = "one" | "many";
export type Outcome<R, M extends Mode> = M extends "many" ? Many<Awaited<R>> : One<R>;
export type ModeOf<O, M extends Mode> = O extends { numReturns: number } ? "many" : M;

/** Iterates refs by `for await`; the loop variable is a ref. */
// A union of two equal types: TypeScript before 7 remembers what a loop over one type yields, and
// awaits the type of the loop variable from the second loop on.
export type RefIterable<T> = RefSource<T> | SameRefSource<T>;

interface RefSource<out T> {
  [Symbol.asyncIterator](): RefIterator<T>;
}

interface SameRefSource<out T> {
  [Symbol.asyncIterator](): RefIterator<T>;
}

interface RefIterator<out T> {
  next(): Promise<IteratorResult<ObjectRef<T>, void>>;
  return(): Promise<IteratorResult<ObjectRef<T>, void>>;
}

/**
 * What a call of a remote generator gives: its elements as they are made. The producer waits when
 * it is `streamBuffer` elements ahead, and is closed when the loop is left or the stream is
 * disposed. A stream is iterated once, as values or as refs.
 *
 * @example
 * for await (const row of rows(file)) total += row.amount;
 */
export interface RefStream<out T> extends AsyncIterable<T>, AsyncDisposable {
  [Symbol.asyncIterator](): StreamIterator<T>;
  /** Iterates refs instead of values; what is only passed on is then not fetched. */
  refs(): RefIterable<T>;
}

interface StreamIterator<out T> {
  next(): Promise<IteratorResult<T, void>>;
  return(): Promise<IteratorResult<T, void>>;
}

/** What `map` gives: await it for all results, or iterate them as they come. */
export interface MapResult<out T> extends Promise<T[]>, AsyncIterable<T> {
  /** Iterates refs instead of values; each item is then a task of its own. */
  refs(): RefIterable<T>;
}

/** A function whose calls run in other processes. */
export interface RemoteFunction<F extends Callable, M extends Mode = "one"> {
  /** Calls the function; arguments are captured now. Throws if one of them cannot be sent. */
  (...args: Arguments<Parameters<F>>): Outcome<ReturnType<F>, M>;

  /** The same function with other options; those not given stay. */
  options<const O extends TaskOptions>(options: O): RemoteFunction<F, ModeOf<O, M>>;

  /**
   * Calls the function for each item. Items are taken as they are needed; results come in the
   * order of the items unless `ordered` is false. The first failure cancels the rest unless
   * `settled` is set.
   *
   * @example
   * const sizes = await measure.map(files, { progress: true });
   * for await (const size of measure.map(files)) total += size;
   */
  map(
    items: Items<F>,
    options: MapOptions & { readonly settled: true },
  ): MapResult<PromiseSettledResult<Awaited<ReturnType<F>>>>;
  map(
    items: Items<F>,
    options?: MapOptions & { readonly settled?: false },
  ): MapResult<Awaited<ReturnType<F>>>;
}

type Items<F extends Callable> =
  One<ReturnType<F>> extends RefStream<unknown>
    ? CallTheGenerator
    : Iterable<Argument<Parameters<F>[0]>> | AsyncIterable<Argument<Parameters<F>[0]>>;
type CallTheGenerator = { "map does not take generator functions: call it for each item": never };

/** See `TaskOptions`. */
export type RetryExceptions =
  boolean | readonly (abstract new (...args: never) => unknown)[] | ((error: unknown) => unknown);

/** Options of a task; see each for its default. */
export interface TaskOptions {
  /** Shown in output, errors and `context()`; default: the function's name. */
  readonly name?: string;
  /** Cores that the task holds while it runs; fractions are possible. Default 1. */
  readonly numCpus?: number;
  /** Other resources it holds, as named in `init`. */
  readonly resources?: Readonly<Record<string, number>>;
  /**
   * Memory that is reserved for it, and the limit of its worker, in bytes: of the heap, and of what
   * it holds in all, less 64 MiB that every worker may have. Shared memory does not count.
   */
  readonly memoryBytes?: number;
  /**
   * How often it runs again after its worker has ended (by a crash, or because others in it had to
   * be ended). Default 3; Infinity is possible. With 0 it runs at most once, and shares its
   * worker with no other task.
   */
  readonly maxRetries?: number;
  /**
   * Which errors of the function itself are tried again, within `maxRetries`: none (false, the
   * default), all (true), those of some classes, or those for which a function returns true.
   */
  readonly retryExceptions?: RetryExceptions;
  /** The task is ended when it has run for so long, with TaskTimeoutError. Default: no limit. */
  readonly timeoutMs?: number;
  /** Tasks of higher priority start first. Default 0. */
  readonly priority?: number;
  /** Aborting it cancels the task; its ref rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** The function returns an array of this length, and the call gives a ref for each element. */
  readonly numReturns?: number;
  /**
   * Of generators: how many elements the producer may be ahead of its consumer. Default 1,024. It
   * also waits when it is 8 MiB ahead, however few elements these are.
   */
  readonly streamBuffer?: number;
  /**
   * The function promises not to write to the large binary arguments that it gets: all tasks of a
   * worker then look at the same memory, which saves mapping it for each. Default false.
   */
  readonly shared?: boolean;
  /** Environment variables of the process that runs the task, beside those of the driver. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Options of `map`. */
export interface MapOptions {
  /** Tasks in flight at the same time. Default: enough to keep all cores busy. */
  readonly concurrency?: number;
  /** Results in the order of the items (true, the default) or as they are ready. */
  readonly ordered?: boolean;
  /** Items per task; "auto", the default, puts short ones together. */
  readonly batchSize?: number | "auto";
  /** Called after each item. `total` is known if `items` has a length or size. */
  readonly onProgress?: (progress: Progress) => void;
  /** Shows a progress bar on standard error if that is a terminal. Default false. */
  readonly progress?: boolean;
  /** Aborting it cancels everything; the result rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Give `{ status, value | reason }` for each item, as `Promise.allSettled` does. */
  readonly settled?: boolean;
}

/** How far a `map` is. */
export interface Progress {
  readonly done: number;
  readonly total: number | undefined;
}

/** Options of `get`. */
export interface GetOptions {
  /** Rejects with GetTimeoutError after this time; the tasks go on. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Options of `asCompleted`. */
export interface AsCompletedOptions {
  /** Aborting it ends the loop: it rejects with `signal.reason`. The tasks go on. */
  readonly signal?: AbortSignal;
}

/** Options of `wait`. */
export interface WaitOptions extends GetOptions {
  /** How many refs must be ready. Default 1. */
  readonly count?: number;
}
