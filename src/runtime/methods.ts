/** What of an object can be called remotely: the methods of its class, and functions of its own. */

import { types } from "node:util";

/** How a name of a class can be used. */
export type Member = "method" | "getter";

/**
 * The members of a class by name, those that it inherits included, other than what every object
 * has. Private ones are not seen from outside.
 */
export function membersOf(actorClass: { readonly prototype: object }): Map<string, Member> {
  const members = new Map<string, Member>();
  const hidden = new Set(["constructor"]);
  let prototype: object | null = actorClass.prototype;
  while (prototype !== null && prototype !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (hidden.has(name)) continue;
      // Whatever it is, it is what one gets: what bears its name further up is hidden.
      hidden.add(name);
      const property = Object.getOwnPropertyDescriptor(prototype, name)!;
      if (!("value" in property)) members.set(name, "getter");
      else if (typeof property.value === "function") members.set(name, "method");
    }
    prototype = Reflect.getPrototypeOf(prototype);
  }
  return members;
}

/** Methods of a class whose calls give streams. */
export function generatorsOf(actorClass: { readonly prototype: object }): string[] {
  const { prototype } = actorClass;
  return [...membersOf(actorClass)]
    .filter(([name, member]) => member === "method" && isGenerator(Reflect.get(prototype, name)))
    .map(([name]) => name);
}

/** Functions bound to something have the prototype of what they stand for. */
export function isGenerator(value: unknown): boolean {
  if (types.isGeneratorFunction(value)) return true;
  if (typeof value !== "function" || Object.hasOwn(value, "prototype")) return false;
  const prototype: unknown = Reflect.getPrototypeOf(value);
  return prototype === GENERATORS || prototype === ASYNC_GENERATORS;
}

const GENERATORS: unknown = Reflect.getPrototypeOf(function* () {});
const ASYNC_GENERATORS: unknown = Reflect.getPrototypeOf(async function* () {});

type Method = (...args: unknown[]) => unknown;

/** Throws what the caller is told if there is no such method. */
export function lookUp(instance: object, className: string, name: string): Method {
  const isCallable =
    name !== "constructor" && !(name in Object.prototype && !isOwn(instance, name));
  if (isCallable && name in instance && !isGetter(instance, name)) {
    const value = (instance as Record<string, unknown>)[name];
    if (typeof value === "function") return value as Method;
  }
  throw new TypeError(`Cannot call ${className}.${name}: ${whyNot(instance, className, name)}`);
}

/** Something between the instance and what every object has defines it. */
function isOwn(instance: object, name: string): boolean {
  let holder: object | null = instance;
  while (holder !== null && holder !== Object.prototype) {
    if (Object.hasOwn(holder, name)) return true;
    holder = Reflect.getPrototypeOf(holder);
  }
  return false;
}

function isGetter(instance: object, name: string): boolean {
  return membersOf({ prototype: instance }).get(name) === "getter";
}

function whyNot(instance: object, className: string, name: string): string {
  const members = membersOf({ prototype: instance });
  const methods = [...members].filter(([, member]) => member === "method").map(([key]) => key);
  const known =
    methods.length === 0 ? `${className} has no methods` : `its methods are ${methods.join(", ")}`;
  if (members.get(name) === "getter") {
    const why = "it is a getter, and only methods can be called";
    return `${why}; add a method that returns it (${known})`;
  }
  if (name in instance && !(name in Object.prototype)) {
    return `it is no method; add a method that returns it (${known})`;
  }
  return `class ${className} has no such method; ${known}`;
}
