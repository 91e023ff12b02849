/** `remote`: turns a function into one that runs elsewhere, a class into one that lives there. */

import { InvalidOptionError } from "../base/errors.ts";
import type { Callable as AnyFunction } from "../runtime/function-record.ts";
import type { ActorOptions, Constructor, Refused, RemoteClass } from "./actor-types.ts";
import { isClass } from "./is-class.ts";
import { describe } from "./options.ts";
import { makeRemoteClass } from "./remote-class.ts";
import { makeRemoteFunction } from "./remote-function.ts";
import { RemoteSource } from "./remote-source.ts";
import { checkTaskOptions } from "./task-options.ts";
import type { Callable, ModeOf, RemoteFunction, TaskOptions } from "./types.ts";

/**
 * Wraps a class so that its instances are actors: each lives in a process of its own and keeps its
 * state there. `new` gives a handle at once; the public methods of the class are called on it like
 * remote functions.
 *
 * @param cls any class: inline, imported, capturing variables
 * @throws InvalidOptionError if an option is wrong
 * @example
 * class Counter { #n = 0; add(k: number) { return (this.#n += k); } }
 * const counter = new (remote(Counter))();
 * await counter.add(2);
 */
export function remote<C extends Constructor>(
  cls: C & Refused<C>,
  options?: ActorOptions<InstanceType<C>>,
): RemoteClass<C>;

/**
 * Wraps a function so that its calls run in other processes, in parallel on all cores. The first
 * call starts the runtime. Variables that the function uses are captured at its first call.
 *
 * @param fn any function: inline, imported, capturing variables
 * @throws InvalidOptionError if `fn` is no function or an option is wrong
 * @example
 * const square = remote((x: number) => x * x);
 * const squares = await Promise.all([1, 2, 3].map((x) => square(x)));
 */
export function remote<F extends Callable, const O extends TaskOptions = TaskOptions>(
  fn: F,
  options?: O,
): RemoteFunction<F, ModeOf<O, "one">>;

export function remote(fn: unknown, options?: object): unknown {
  if (typeof fn !== "function") {
    throw new InvalidOptionError(
      `Cannot make ${describe(fn)} remote: it is no function; pass a function, not its result`,
      { option: "fn", value: fn },
    );
  }
  if (isClass(fn)) return makeRemoteClass(fn, { ...options });
  if (options !== undefined) checkTaskOptions(options);
  return makeRemoteFunction(new RemoteSource(fn as AnyFunction), { ...options });
}
