import { SPARSE_ARRAY } from "./extension-types.ts";
import { Items, PLAIN_ARRAY, Properties } from "./composite.ts";
import type { Composite } from "./composite.ts";

/**
 * An array travels as its elements. One with holes travels as the properties it has. On others
 * named properties are looked for only if they are matches of regular expressions, to which the
 * language itself gives some: to look for them costs more than to write the elements.
 */
export function isPlainArray(array: readonly unknown[]): boolean {
  return !hasNames(array) && !(array.includes(undefined) && hasHoles(array));
}

export function arrayParts(array: readonly unknown[]): Composite {
  if (isPlainArray(array)) return new Items(PLAIN_ARRAY, array.slice());
  const parts: unknown[] = [array.length];
  for (const key of Object.keys(array)) {
    const index = arrayIndexOf(key);
    parts.push(index ?? key, Reflect.get(array, key));
  }
  return new Properties(SPARSE_ARRAY, parts, 1);
}

function hasNames(array: readonly unknown[]): boolean {
  return (array as { index?: unknown }).index !== undefined;
}

/** Ends at the first hole: the length of an array says nothing about how much it holds. */
function hasHoles(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) {
    if (array[i] === undefined && !(i in array)) return true;
  }
  return false;
}

function arrayIndexOf(key: string): number | undefined {
  const index = Number(key) >>> 0;
  return String(index) === key && index < 0xffff_ffff ? index : undefined;
}
