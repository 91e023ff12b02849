import { types } from "node:util";

/**
 * Whether an object that looks plain would arrive as less than it is: an arguments object; a
 * namespace, such as Math or a module, and what else has a `Symbol.toStringTag`; an object all of
 * whose properties are hidden, such as the prototype of a class. `keys`: those of `Object.keys`.
 */
export function isMoreThanPlain(object: object, keys: readonly string[]): boolean {
  if (keys.length === 0) return Reflect.ownKeys(object).length > 0;
  if (keys[0] === "0" && types.isArgumentsObject(object)) return true;
  return (object as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] !== undefined;
}
