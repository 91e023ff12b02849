/** Tells what is made by `new` from what is called. */

import type { Constructor } from "./actor-types.ts";

/**
 * The `prototype` of a class cannot be replaced, that of a function can, unless it was frozen. This
 * holds for native classes and those of transpilers too, whose source text is that of a function.
 * A function whose prototype has methods is a class as well.
 */
export function isClass(value: object): value is Constructor {
  if (typeof value !== "function") return false;
  const isReplaceable = Object.getOwnPropertyDescriptor(value, "prototype")?.writable ?? true;
  if (isReplaceable) return hasMethods(value);
  return !Object.isFrozen(value) || /^class\b/.test(Function.prototype.toString.call(value));
}

/** A class as it was written before there was a word for it: EventEmitter is one. */
function hasMethods(value: object): boolean {
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, "prototype")?.value;
  if (typeof prototype !== "object" || prototype === null) return false;
  // Those of generators have none.
  if (Object.getOwnPropertyDescriptor(prototype, "constructor")?.value !== value) return false;
  // Every object inherits from one, also those of another realm; derived classes from two.
  const above = Reflect.getPrototypeOf(prototype);
  const isDerived = above !== null && Reflect.getPrototypeOf(above) !== null;
  return isDerived || Reflect.ownKeys(prototype).length > 1;
}
