/**
 * Built-in classes whose instances a program may extend: what such an instance is inside, beside
 * its properties, and how an empty one is made without running a constructor of the program.
 */

import { EventEmitter } from "node:events";
import { types } from "node:util";
import { wholeKinds } from "./whole-kinds.ts";

/** `name`: the built-in class. `head` is what creating needs, `parts` may lead back. */
export interface Kind {
  readonly name: string;
  readonly matches: (value: object) => boolean;
  readonly create: (head: unknown) => object;
  readonly head?: (value: object) => unknown;
  readonly parts?: (value: object) => unknown;
  readonly fill?: (created: object, parts: unknown) => void;
  /** Also instances of the built-in class itself are sent; the codec knows the others. */
  readonly isWhole?: true;
  /** Own properties that `create` and `fill` give, or that are no properties of the program. */
  readonly isGiven?: (key: string | symbol) => boolean;
}

type TypedArrayClass = new (buffer: ArrayBuffer, byteOffset: number, length: number) => object;

/** A view of the same memory without anything of the program. */
function viewLike(base: unknown, { buffer, byteOffset, length }: Uint8Array): object {
  return new (base as TypedArrayClass)(buffer as ArrayBuffer, byteOffset, length);
}

const typedArrays: readonly Kind[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
].map((base) => ({
  name: base.name,
  matches: (value) => types.isTypedArray(value) && value[Symbol.toStringTag] === base.name,
  head: (value) => viewLike(base, value as Uint8Array),
  create: (head) => viewLike(base, head as Uint8Array),
  isGiven: (key) => typeof key === "string" && /^\d+$/.test(key),
}));

const emitterSymbols = new Set(Object.getOwnPropertySymbols(new EventEmitter()));

const kinds: readonly Kind[] = [
  { name: "Error", matches: types.isNativeError, create: () => new Error() },
  {
    name: "Map",
    matches: types.isMap,
    create: () => new Map(),
    parts: (value) => {
      const items: unknown[] = [];
      // As the language keeps them, whatever the subclass makes of its iterators.
      Map.prototype.forEach.call(value, (item: unknown, key: unknown) => items.push(key, item));
      return items;
    },
    fill: (created, parts) => {
      const items = parts as unknown[];
      for (let i = 0; i < items.length; i += 2) {
        Map.prototype.set.call(created, items[i], items[i + 1]);
      }
    },
  },
  {
    name: "Set",
    matches: types.isSet,
    create: () => new Set(),
    parts: (value) => {
      const items: unknown[] = [];
      Set.prototype.forEach.call(value, (item: unknown) => items.push(item));
      return items;
    },
    fill: (created, parts) => {
      for (const item of parts as unknown[]) Set.prototype.add.call(created, item);
    },
  },
  { name: "Array", matches: Array.isArray, create: () => [] },
  {
    name: "Date",
    matches: types.isDate,
    head: (value) => Date.prototype.getTime.call(value),
    create: (head) => new Date(head as number),
  },
  {
    name: "RegExp",
    matches: types.isRegExp,
    head: (value) => new RegExp(value as RegExp),
    create: (head) => new RegExp(head as RegExp),
  },
  ...typedArrays,
  {
    name: "EventEmitter",
    isWhole: true,
    matches: (value) => value instanceof EventEmitter,
    create: () => new EventEmitter(),
    isGiven: (key) => typeof key === "symbol" && emitterSymbols.has(key),
  },
  ...wholeKinds,
];

const kindsByName = new Map(kinds.map((kind) => [kind.name, kind]));

/** `undefined`: an ordinary object, or one that cannot be made from outside. */
export function findKind(value: object): Kind | undefined {
  return kinds.find((kind) => kind.matches(value));
}

export function getKind(name: string): Kind {
  const kind = kindsByName.get(name);
  if (kind === undefined) throw new Error(`Cannot create an instance: kind ${name} is not known`);
  return kind;
}
