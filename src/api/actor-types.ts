/// <reference lib="esnext.disposable" preserve="true" />
/** Types of actors: remote classes, handles, options. `tests/types` says what they promise. */

import type { Arguments, IsAny, Mode, ModeOf, Outcome, TaskOptions } from "./types.ts";

declare const handle: unique symbol;

/** Any class that `new` can make an instance of. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `never` makes Box<T> Box<never>
export type Constructor = new (...args: any) => object;

type Method = (this: never, ...args: never) => unknown;
/** `K` if it names a method that can be called from elsewhere. */
type MethodKey<K, M> = IsAny<M> extends true ? never : [M] extends [Method] ? K & string : never;
/** Mapped over `T` itself, so that editors find the methods in the class. */
type Methods<T> = {
  readonly [K in keyof T as MethodKey<K, T[K]>]: T[K] extends (
    this: never,
    ...args: infer A
  ) => infer R
    ? ActorMethod<A, R>
    : never;
};

/** Names of the public methods of a class; those of one that is not known may be any. */
export type MethodName<T> = IsAny<T> extends true ? string : keyof Methods<T>;

/**
 * A method of an actor. The call returns at once; calls of one caller start in their order, those
 * of each concurrency group apart.
 */
export interface ActorMethod<A extends readonly unknown[], R, M extends Mode = "one"> {
  /** Calls the method; arguments are captured now. Throws if one of them cannot be sent. */
  (...args: Arguments<A>): Outcome<R, M>;

  /** The same method with other options; those not given stay. */
  options<const O extends MethodOptions>(options: O): ActorMethod<A, R, ModeOf<O, M>>;
}

/** A handle of any actor, whatever its class. */
export interface AnyActorHandle extends Disposable, AsyncDisposable {
  readonly [handle]: unknown;
}

/**
 * Stands for an instance that lives in a process of its own. It has the public methods of the
 * class and nothing else: each call gives a ref, of a generator method a stream. Handles are
 * arguments and results like other values.
 */
export type ActorHandle<T> = Methods<T> & AnyActorHandle & { readonly [handle]: T };

/**
 * A class whose instances are actors.
 *
 * @example
 * class Counter { #n = 0; add(k: number) { return (this.#n += k); } }
 * const RemoteCounter = remote(Counter);
 * const counter = new RemoteCounter();
 * await counter.add(2);
 */
export interface RemoteClass<C extends Constructor> {
  /** Starts an actor and returns its handle at once; its first calls wait for the constructor. */
  new (...args: Arguments<ConstructorParameters<C>>): ActorHandle<InstanceType<C>>;

  /** The same class with other options; those not given stay. */
  options(options: ActorOptions<InstanceType<C>>): RemoteClass<C>;
}

/** What a class must not be: `await` would call the method `then` of its handles. */
export type Refused<C extends Constructor> =
  IsAny<C> extends true
    ? never
    : "then" extends MethodName<InstanceType<C>>
      ? { "a remote class cannot have a method `then`: await would call it": never }
      : unknown;

/** Options of an actor; see each for its default. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of a class that is not known
export interface ActorOptions<T = any> {
  /** Other processes find the actor by this name, with `getActor`. */
  readonly name?: string;
  /** Names are looked up in a namespace. Default: that of `init`. */
  readonly namespace?: string;
  /**
   * If an actor of this name exists, calls go to it, and the arguments and options of this `new`
   * are not used. Default false: calls fail with ActorNameTakenError.
   */
  readonly getIfExists?: boolean;
  /**
   * "handle", the default: the actor ends with its last handle, or with the process that created
   * it. "detached": it ends with `kill` or the runtime; it needs a name.
   */
  readonly lifetime?: "handle" | "detached";
  /** Cores that the actor holds as long as it lives; fractions are possible. Default 0. */
  readonly numCpus?: number;
  /** Other resources it holds, as named in `init`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Numbers of the cores that its process runs on, from 0; on Linux. Default: all. */
  readonly cpuAffinity?: readonly number[];
  /** Memory that is reserved for it, and the limit of its process, in bytes; see `TaskOptions`. */
  readonly memoryBytes?: number;
  /** Environment variables of its process, beside those of the driver. */
  readonly env?: Readonly<Record<string, string>>;
  /** How often a process that crashed is replaced, the constructor run again. Default 0. */
  readonly maxRestarts?: number;
  /** How often a call that a crash interrupted is made again after the restart. Default 0. */
  readonly maxTaskRetries?: number;
  /** Calls that run at the same time, taking turns at each `await`. Default 1. */
  readonly maxConcurrency?: number;
  /** Methods with a limit of their own; they do not count against `maxConcurrency`. */
  readonly concurrencyGroups?: Readonly<Record<string, ConcurrencyGroup<T>>>;
  /**
   * Calls that one process may have under way with it, running or waiting; one more throws
   * PendingCallsLimitError. Default Infinity.
   */
  readonly maxPendingCalls?: number;
  /**
   * The constructor may run so long; after that the actor is dead, and its calls fail with
   * TaskTimeoutError. Default: no limit.
   */
  readonly startTimeoutMs?: number;
}

/** Methods that share a limit of concurrent calls. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of a class that is not known
export interface ConcurrencyGroup<T = any> {
  readonly maxConcurrency: number;
  readonly methods: readonly MethodName<T>[];
}

/**
 * Options of one call of a method. They mean what they mean for tasks, but the actor is never ended
 * for a call: the body of one that is cancelled, or whose time is up, is asked to end.
 */
export type MethodOptions = Pick<
  TaskOptions,
  "name" | "timeoutMs" | "signal" | "numReturns" | "shared" | "streamBuffer"
>;

/** Options of `getActor`. */
export interface GetActorOptions {
  /** Default: that of `init`. */
  readonly namespace?: string;
}

/** The type of `getActor`: the class, if it is given, is that of the actor. */
export interface GetActor {
  <C extends Constructor>(
    cls: RemoteClass<C> | C,
    name: string,
    options?: GetActorOptions,
  ): Promise<ActorHandle<InstanceType<C>>>;
  <T>(name: string, options?: GetActorOptions): Promise<ActorHandle<T>>;
}
