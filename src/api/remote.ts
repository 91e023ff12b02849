/** `remote`: turns a function into one that runs elsewhere. */

import { InvalidOptionError } from "../base/errors.ts";
import type { Callable as AnyFunction } from "../runtime/function-record.ts";
import { describe } from "./options.ts";
import { makeRemoteFunction, RemoteSource } from "./remote-function.ts";
import { checkTaskOptions } from "./task-options.ts";
import type { Callable, ModeOf, RemoteFunction, TaskOptions } from "./types.ts";

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
): RemoteFunction<F, ModeOf<O, "one">> {
  if (typeof fn !== "function") {
    throw new InvalidOptionError(
      `Cannot make ${describe(fn)} remote: it is no function; pass a function, not its result`,
      { option: "fn", value: fn },
    );
  }
  if (/^class\b/.test(Function.prototype.toString.call(fn))) {
    throw new InvalidOptionError(
      `Cannot make class ${fn.name} remote: only functions can be; wrap a function that uses it`,
      { option: "fn", value: fn },
    );
  }
  if (options !== undefined) checkTaskOptions(options);
  const source = new RemoteSource(fn as unknown as AnyFunction);
  return makeRemoteFunction(source, { ...options }) as unknown as RemoteFunction<
    F,
    ModeOf<O, "one">
  >;
}
