/**
 * What a function or class has become beside its source: properties given to it or to its
 * prototype, a base class, static values, a method replaced by a decorator.
 */

import { CannotShip } from "./cannot-ship.ts";
import type { SourceMethod } from "./class-syntax.ts";
import { isNativePrototype, textOf } from "./platform.ts";
import { defineProperties, isEmpty, listProperties, type Properties } from "./properties.ts";

export interface FunctionState {
  /** Own properties that the source does not give. */
  readonly own?: Properties;
  /** Those of its `prototype`. */
  readonly prototype?: Properties;
  /** What it inherits from, if not from what its kind inherits from: the base class. */
  readonly parent?: object | null;
  /** What `prototype` inherits from, if not from the parent's. */
  readonly prototypeParent?: object | null;
  /** Values of the static private fields by name, with `#`, in order. */
  readonly privates?: Readonly<Record<string, unknown>>;
}

/** The source's part in a function's properties. */
export interface FunctionSource {
  readonly name: string | undefined;
  readonly length: number;
  readonly methods: readonly SourceMethod[];
}

/** `undefined`: nothing beyond the source. */
export function findState(
  subject: Function,
  source: FunctionSource,
  privates: Readonly<Record<string, unknown>>,
): FunctionState | undefined {
  const state = {
    ...ownState(subject, source),
    ...prototypeState(subject, source),
    ...(Object.keys(privates).length > 0 ? { privates } : {}),
  };
  return Object.keys(state).length > 0 ? state : undefined;
}

function ownState(subject: Function, source: FunctionSource): FunctionState {
  const own = listProperties(subject, (key, property) => {
    switch (key) {
      case "prototype":
      case "arguments":
      case "caller":
        return true;
      case "length":
        return property.value === source.length;
      case "name":
        return property.value === source.name || isSourceMethod(key, property, source, true);
      default:
        return isSourceMethod(key, property, source, true);
    }
  });
  const parent = Object.getPrototypeOf(subject) as object | null;
  return {
    ...(isEmpty(own) ? {} : { own }),
    ...(isKindPrototype(parent) ? {} : { parent }),
  };
}

function prototypeState(subject: Function, source: FunctionSource): FunctionState {
  const prototype: unknown = Object.getOwnPropertyDescriptor(subject, "prototype")?.value;
  if (typeof prototype !== "object" || prototype === null) return {};
  const listed = listProperties(
    prototype,
    (key, property) =>
      (key === "constructor" && property.value === subject && !property.enumerable) ||
      isSourceMethod(key, property, source, false),
  );
  return {
    ...(isEmpty(listed) ? {} : { prototype: listed }),
    ...prototypeParentState(subject, prototype),
  };
}

function prototypeParentState(subject: Function, prototype: object): FunctionState {
  const actual = Object.getPrototypeOf(prototype) as object | null;
  const expected = expectedPrototypeParent(subject);
  if (actual === expected) return {};
  if (actual !== null && expected === Object.prototype && isNativePrototype(actual)) return {};
  const owner: unknown = actual === null ? null : actual.constructor;
  if (owner === null) return { prototypeParent: null };
  if (typeof owner === "function" && owner.prototype === actual) return { prototypeParent: owner };
  throw new CannotShip("its prototype inherits from an object that is no class's prototype");
}

/** What `prototype` inherits from when nobody changed it. */
function expectedPrototypeParent(subject: Function): object | null {
  const parent = Object.getPrototypeOf(subject) as { prototype?: object } | null;
  if (parent === null || parent === Function.prototype) return Object.prototype;
  if (typeof parent === "function" && isKindPrototype(parent)) return Object.prototype;
  // Also for generators: what their kind inherits from has the prototype of theirs.
  return parent.prototype ?? null;
}

/** What functions of every kind inherit from: no base class. */
const kindPrototypes = new Set<unknown>(
  [() => 0, async () => 0, function* () {}, async function* () {}].map((made: object): unknown =>
    Object.getPrototypeOf(made),
  ),
);

function isKindPrototype(parent: object | null): boolean {
  return parent === null ? false : kindPrototypes.has(parent) || isNativePrototype(parent);
}

/** A property that evaluating the source gives again: its text stands there. */
function isSourceMethod(
  key: string | symbol,
  { value, get, set }: PropertyDescriptor,
  { methods }: FunctionSource,
  isStatic: boolean,
): boolean {
  const parts = [value, get, set].filter((part) => part !== undefined) as unknown[];
  return (
    methods.length > 0 &&
    parts.length > 0 &&
    parts.every((part) => {
      if (typeof part !== "function") return false;
      const text = textOf(part);
      return methods.some(
        (method) =>
          method.isStatic === isStatic &&
          (method.key === undefined || method.key === key) &&
          method.text.endsWith(text),
      );
    })
  );
}

/** The names that `computed` methods have in this class: where a function with their text lies. */
export function findKeys(
  subject: Function,
  computed: readonly SourceMethod[],
): (string | symbol)[] {
  const taken = new Set<string | symbol>();
  return computed.map(({ isStatic, text }) => {
    const owner = isStatic ? subject : (subject.prototype as object);
    const key = Reflect.ownKeys(owner).find((each) => {
      const property = Reflect.getOwnPropertyDescriptor(owner, each);
      const parts: unknown[] = [property?.value, property?.get, property?.set];
      return !taken.has(each) && parts.some((part) => hasText(part, text));
    });
    if (key === undefined) {
      const shown = text.slice(0, text.indexOf("]") + 1);
      throw new CannotShip(`its method ${shown} was replaced; give the method a fixed name`);
    }
    // A getter and a setter of one name are two members.
    if (!/^(static\s+)?[gs]et\b/.test(text)) taken.add(key);
    return key;
  });
}

function hasText(part: unknown, text: string): boolean {
  return typeof part === "function" && text.endsWith(textOf(part));
}

/** Precondition: `target` is fresh from its source. */
export function applyState(target: Function, state: FunctionState): void {
  const { own, prototype, parent, prototypeParent } = state;
  if (parent !== undefined) Object.setPrototypeOf(target, parent);
  const targetPrototype = target.prototype as object | undefined;
  if (targetPrototype !== undefined) {
    if (prototypeParent !== undefined) {
      const owner = prototypeParent as { prototype: object } | null;
      Object.setPrototypeOf(targetPrototype, owner === null ? null : owner.prototype);
    } else if (typeof parent === "function") {
      Object.setPrototypeOf(targetPrototype, parent.prototype as object);
    }
    if (prototype !== undefined) defineProperties(targetPrototype, prototype);
  }
  if (own !== undefined) defineProperties(target, own);
}
