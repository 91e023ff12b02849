/**
 * Apache Arrow's `Vector` and `Data`, known by the shape of their prototypes: nothing is imported,
 * and every copy and version of the library is its own. Tables, record batches, schemas and types
 * are no more than their properties and need no form.
 *
 * A vector has functions as properties, made by its constructor; it travels as its chunks. A chunk
 * travels as its properties, less what lies outside of a slice.
 */

import { trimmed, type Chunk } from "./arrow-slices.ts";

interface VectorForm {
  readonly data: readonly unknown[];
  readonly isMemoized?: true;
}

interface Vector {
  memoize(): object;
}

type VectorClass = new (data: readonly unknown[]) => Vector;

/** What the class of a form is, which the receiver has as well. */
interface ArrowClass {
  readonly owner: Function;
  readonly isVector: boolean;
  /** A class below it: only a memoized vector is one, any other belongs to the program. */
  readonly isBelow: boolean;
}

export interface ArrowForm {
  readonly owner: Function;
  readonly form: object;
}

const classes = new WeakMap<object, ArrowClass | null>();

/** `undefined`: it is neither. */
export function findArrowForm(value: object): ArrowForm | undefined {
  const prototype = Reflect.getPrototypeOf(value);
  const found = prototype && findClass(prototype);
  if (!found) return undefined;
  const { owner, isVector, isBelow } = found;
  if (!isVector) return { owner, form: trimmed(value as Chunk) };
  const isMemoized = Object.getOwnPropertyDescriptor(value, "isMemoized")?.value === true;
  if (isBelow && !isMemoized) return undefined;
  const { data } = value as VectorForm;
  return { owner, form: isMemoized ? { data, isMemoized } : { data } };
}

/** `undefined`: the class is neither. Throws what the library throws. */
export function makeArrow(owner: Function, form: object): object | undefined {
  const prototype = owner.prototype as object | undefined;
  const found = prototype && findClass(prototype);
  if (!found || found.isBelow) return undefined;
  if (!found.isVector) return Object.assign(Object.create(prototype) as object, form);
  const { data, isMemoized } = form as VectorForm;
  const vector = new (owner as VectorClass)(data);
  return isMemoized === true ? vector.memoize() : vector;
}

function findClass(prototype: object): ArrowClass | null {
  let found = classes.get(prototype);
  if (found === undefined) classes.set(prototype, (found = examine(prototype)));
  return found;
}

function examine(prototype: object): ArrowClass | null {
  if (isVectorPrototype(prototype)) return ofClass(prototype, true, false);
  if (isDataPrototype(prototype)) return ofClass(prototype, false, false);
  const base = Reflect.getPrototypeOf(prototype);
  if (base === null || !isVectorPrototype(base)) return null;
  // A vector of several chunks has a prototype that is no class's.
  return ofClass(base, true, Object.hasOwn(prototype, "constructor"));
}

function ofClass(prototype: object, isVector: boolean, isBelow: boolean): ArrowClass | null {
  const owner: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof owner === "function" ? { owner, isVector, isBelow } : null;
}

function isVectorPrototype(prototype: object): boolean {
  return (
    hasOwn(prototype, Symbol.isConcatSpreadable, "boolean") &&
    hasOwn(prototype, "_offsets", "object") &&
    hasOwn(prototype, "numChildren", "number") &&
    ["getChildAt", "memoize", "unmemoize"].every((key) => hasOwn(prototype, key, "function"))
  );
}

function isDataPrototype(prototype: object): boolean {
  return (
    hasOwn(prototype, "children", "object") &&
    hasOwn(prototype, "clone", "function") &&
    hasOwn(prototype, "_changeLengthAndBackfillNullBitmap", "function")
  );
}

/** Getters are not called: the prototype may be anybody's. */
function hasOwn(prototype: object, key: PropertyKey, type: string): boolean {
  const property = Object.getOwnPropertyDescriptor(prototype, key);
  return typeof property?.value === type;
}
