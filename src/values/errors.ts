import { types } from "node:util";
import { mobulaErrorClasses } from "../base/errors.ts";
import { Properties } from "./composite.ts";
import type { Composite } from "./composite.ts";
import { DOM_EXCEPTION, ERROR } from "./extension-types.ts";
import { findClassName, findLocalTwin } from "./realm.ts";

type ErrorClass = new (message: string) => Error;

/** The error classes that exist in every process, by name: what makes an empty one of each. */
const creators = new Map<string, () => Error>([["AggregateError", () => new AggregateError([])]]);
/** The names of those classes, by prototype. */
const namesByPrototype = new Map<object, string>([[AggregateError.prototype, "AggregateError"]]);

function register(name: string, errorClass: ErrorClass): void {
  creators.set(name, () => new errorClass(""));
  namesByPrototype.set(errorClass.prototype as object, name);
}
for (const name of [
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "SuppressedError",
]) {
  const errorClass: unknown = Reflect.get(globalThis, name);
  // SuppressedError exists from Node 24 on.
  if (typeof errorClass === "function") register(name, errorClass as ErrorClass);
}
for (const [name, errorClass] of mobulaErrorClasses) register(name, errorClass);

export const errorPrototypes: ReadonlyMap<object, string> = namesByPrototype;

export function isError(value: object): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

/**
 * The class of an error whose prototype is not the class's own, but which is that class all the
 * same: Node derives its errors from built-in ones under their names, and Mobula's may come from
 * another copy of the package.
 */
export function findErrorTwin(error: Error, prototype: object): string | undefined {
  const name = findClassName(prototype);
  if (name === undefined) return undefined;
  const brand: unknown = (error as { [BRAND]?: unknown })[BRAND];
  if (brand === name && mobulaErrorClasses.has(name)) return name;
  let base: object | null = prototype;
  while (base !== null && findClassName(base) === name) {
    if (namesByPrototype.get(base) === name) return name;
    base = Reflect.getPrototypeOf(base);
  }
  return undefined;
}
const BRAND = Symbol.for("mobula.error");

/** The parts of an error of a class that exists everywhere. */
export function errorParts(error: Error, className: string): Composite {
  return new Properties(ERROR, [className, ...errorProperties(error)], 2);
}

export function domExceptionParts(error: DOMException): Composite {
  return new Properties(DOM_EXCEPTION, [error.message, error.name, ...errorProperties(error)], 3);
}

/** The parts of an error of any class: it arrives as the nearest class that exists everywhere. */
export function nearestErrorParts(error: Error): Composite {
  const base = nearestPrototype(error);
  if (base === DOMException.prototype) return domExceptionParts(error as DOMException);
  const className = namesByPrototype.get(base)!;
  const composite = errorParts(error, className);
  if (Object.hasOwn(error, "name") || error.name === className) return composite;
  const [, hiddenCount, ...properties] = composite.parts;
  const parts = [className, (hiddenCount as number) + 1, "name", error.name, ...properties];
  return new Properties(ERROR, parts, 2);
}

function nearestPrototype(error: Error): object {
  let next: object | null = error;
  while ((next = Reflect.getPrototypeOf(next)) !== null) {
    const base = findLocalTwin(next) ?? next;
    if (base === DOMException.prototype || namesByPrototype.has(base)) return base;
  }
  return Error.prototype;
}

/** Count of hidden properties, then key, value ... of these and of the others. */
function errorProperties(error: Error): unknown[] {
  const hidden: unknown[] = [];
  const visible: unknown[] = [];
  for (const key of Object.getOwnPropertyNames(error)) {
    const value: unknown = key === "stack" ? stackOf(error) : Reflect.get(error, key);
    if (Object.prototype.propertyIsEnumerable.call(error, key)) visible.push(key, value);
    else if (isSendableHidden(key, value)) hidden.push(key, value);
  }
  return [hidden.length / 2, ...hidden, ...visible];
}

/**
 * Made when it is read first, of `name` and `message` whatever these are by then: it may be that it
 * cannot be made, and then there is none.
 */
function stackOf(error: Error): unknown {
  try {
    return error.stack;
  } catch {
    // What its name or its message throws belongs to the error, not to its sending.
    return undefined;
  }
}

/** Hidden methods belong to the class; `Error.prepareStackTrace` can make the stack anything. */
function isSendableHidden(key: string, value: unknown): boolean {
  return typeof value !== "function" && (key !== "stack" || typeof value === "string");
}

/** An error without properties of its own. A class unknown here survives as the name. */
export function createError(className: string): Error {
  const create = creators.get(className);
  if (create !== undefined) return createBare(create);
  return Object.defineProperty(
    createBare(() => new Error()),
    "name",
    hiddenProperty(className),
  );
}

export function createDomException(message: string, name: string): DOMException {
  return createBare(() => new DOMException(message, name));
}

export function defineErrorProperty(
  error: Error,
  key: string,
  value: unknown,
  hidden: boolean,
): void {
  Object.defineProperty(error, key, { ...hiddenProperty(value), enumerable: !hidden });
}

function hiddenProperty(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: false, configurable: true };
}

/** All properties, the stack among them, are to be the sender's. */
function createBare<T extends Error>(create: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const error = create();
    for (const key of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, key);
    return error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}
