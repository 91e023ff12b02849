/** Tells what is made by `new` from what is called. */

import type { Constructor } from "./actor-types.ts";

/**
 * The `prototype` of a class cannot be replaced, that of a function can, unless it was frozen. This
 * holds for native classes and those of transpilers too, whose source text is that of a function.
 */
export function isClass(value: object): value is Constructor {
  if (typeof value !== "function") return false;
  const isReplaceable = Object.getOwnPropertyDescriptor(value, "prototype")?.writable ?? true;
  if (isReplaceable) return false;
  return !Object.isFrozen(value) || /^class\b/.test(Function.prototype.toString.call(value));
}
