/** Where items come from. */

import { InvalidOptionError } from "../base/errors.ts";
import { describe } from "./options.ts";

export type Items = Iterable<unknown> | AsyncIterable<unknown>;
export type Source = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;

/** @throws InvalidOptionError if `items` cannot be iterated */
export function sourceOf(items: Items): Source {
  const given = items as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  const asynchronous = given?.[Symbol.asyncIterator];
  if (typeof asynchronous === "function") return asynchronous.call(items);
  const synchronous = given?.[Symbol.iterator];
  if (typeof synchronous === "function") return synchronous.call(items);
  throw new InvalidOptionError(
    `Cannot map over ${describe(items)}: it is not iterable; pass an array, a Set or a generator`,
    { option: "items", value: items },
  );
}
