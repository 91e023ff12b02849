/** Random graphs of everything that can be sent: cycles, shared objects, every kind of key. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DecodeContext } from "./decode.ts";
import type { EncodeContext } from "./encode.ts";
import { CLASS_INSTANCE, FUNCTION } from "./extension-types.ts";
import { setProperty } from "./frames.ts";

/** Numbers around powers of two, where signs and lengths change. */
const nearPower = fc
  .tuple(fc.nat(300), fc.constantFrom(-1n, 0n, 1n), fc.constantFrom(1n, -1n))
  .map(([bits, off, sign]) => sign * (2n ** BigInt(bits) + off));

const surrogates = fc
  .array(fc.integer({ min: 0xd7fe, max: 0xe001 }))
  .map((units) => String.fromCharCode(...units));

const primitive = fc.oneof(
  fc.integer(),
  fc.double(),
  nearPower,
  nearPower.map(Number),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity),
  fc.string(),
  fc.string({ unit: "binary", maxLength: 300 }),
  surrogates,
  fc.constantFrom(null, undefined, true, false),
  fc.constantFrom(Symbol.iterator, Symbol.toStringTag, Symbol.for("mobula.test")),
);

const key = fc.oneof(
  fc.string(),
  surrogates,
  fc.constantFrom("__proto__", "constructor", "", "0", "7", "4294967295", "toString", "length"),
);

function argumentsOf(..._all: unknown[]): object {
  return arguments; // eslint-disable-line prefer-rest-params -- there is no other way to get one
}

export class OwnError extends RangeError {
  override name = "OwnError";
}

const serialize = Symbol.for("mobula.serialize");
const deserialize = Symbol.for("mobula.deserialize");

/** Goes by a form of its own: what it holds, private to it. */
export class Form {
  #held: unknown[] = [];

  static [deserialize](held: unknown[]): Form {
    const form = new this();
    form.#held = held;
    return form;
  }

  [serialize](): unknown[] {
    return this.#held;
  }
}
export class SubForm extends Form {}

/** Goes as an instance that the runtime makes: its properties. */
export class Instance {}

const classes: readonly Function[] = [Form, SubForm, Instance];

/** What a runtime does for classes and their instances. */
export const sending: Partial<EncodeContext> = {
  extend: (value) => {
    if (typeof value === "function") return { type: FUNCTION, head: value.name, body: null };
    if (!(value instanceof Instance)) return undefined;
    return { type: CLASS_INSTANCE, head: "Instance", body: { ...value } };
  },
};

export const receiving: Partial<DecodeContext> = {
  create: (type, head) => {
    return type === FUNCTION ? classes.find(({ name }) => name === head)! : new Instance();
  },
  fill: (type, created, body) => {
    if (type !== CLASS_INSTANCE) return;
    for (const [key, value] of Object.entries(body as object)) setProperty(created, key, value);
  },
};

/** By kind: an object without content yet. */
const creators = {
  object: () => ({}),
  nullObject: () => Object.create(null) as object,
  array: () => [],
  holey: (seed: number) => new Array(seed % 50),
  sparse: (seed: number) => Object.assign([], { [seed * 700_000]: seed }),
  map: () => new Map(),
  set: () => new Set(),
  error: (seed: number) => new TypeError(`number ${seed}`),
  aggregate: () => new AggregateError([1], "several"),
  ownError: () => new OwnError("own"),
  date: (seed: number) => new Date(seed % 5 === 0 ? NaN : seed * 1e9),
  regexp: (seed: number) => new RegExp(`a/\\/${seed}\n`, seed % 2 === 0 ? "giu" : "sy"),
  boxed: (seed: number) =>
    Object([seed, `${seed}`, seed % 2 === 0, BigInt(seed)][seed % 4]) as object,
  pooled: (seed: number) => Buffer.from("x".repeat(seed % 300)),
  bytes: (seed: number) => new Uint8Array(seed).fill(seed),
  floats: (seed: number) => new Float64Array(new ArrayBuffer(8 * seed), 8 * (seed >> 1)),
  view: (seed: number) => new DataView(new ArrayBuffer(seed), seed >> 2),
  memory: (seed: number) => new Uint16Array(seed).fill(seed).buffer,
  url: (seed: number) => new URL(`http://host/${seed}?é`),
  bigints: (seed: number) => new BigUint64Array(seed % 700).fill(BigInt(seed) ** 4n),
  named: (seed: number) => Object.assign(new Array((seed % 9) + 4), { 2: 1, name: "x" }),
  form: () => new Form(),
  subForm: () => new SubForm(),
  instance: () => new Instance(),
  headers: (seed: number) => new Headers({ [`x-${seed}`]: `${seed}` }),
  locale: (seed: number) => new Intl.Locale(["de-AT", "en", "zh-Hant"][seed % 3]!),
  items: (seed: number) => argumentsOf(seed, `${seed}`),
  frozen: (seed: number) => Object.freeze({ seed, list: Object.freeze([seed]) }),
  query: (seed: number) => new URLSearchParams({ a: `${seed}&é` }),
};
type Kind = keyof typeof creators;

interface Node {
  readonly kind: Kind;
  readonly seed: number;
  readonly fields: readonly (readonly [string, unknown, number])[];
}

export const graph: fc.Arbitrary<readonly Node[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...(Object.keys(creators) as Kind[])),
    seed: fc.nat(6_000),
    // A key, a value, and the node to point to instead, if there is one of that number.
    fields: fc.array(fc.tuple(key, primitive, fc.nat(40)), { maxLength: 20 }),
  }),
  { minLength: 1, maxLength: 25 },
);

export function build(nodes: readonly Node[]): object[] {
  const objects = nodes.map(({ kind, seed }): object => creators[kind](seed));
  for (const [i, { kind, fields }] of nodes.entries()) {
    for (const [name, value, target] of fields) {
      add(objects[i]!, kind, name, target < objects.length ? objects[target] : value);
    }
  }
  return objects;
}

function add(object: object, kind: Kind, name: string, value: unknown): void {
  if (object instanceof Map) object.set(value, name).set(name, value);
  else if (object instanceof Set) object.add(value).add(name);
  else if (kind === "array") (object as unknown[]).push(value);
  else if (kind === "named")
    return; // Without a hole its names would be left out.
  else if (Array.isArray(object))
    object[(name.length * 7_919) % Math.max(object.length, 1)] = value;
  else if (object instanceof Form) addToForm(object, value);
  else if (["object", "nullObject", "instance", "error", "aggregate", "ownError"].includes(kind)) {
    const enumerable = name !== "stack";
    Object.defineProperty(object, name, { value, enumerable, writable: true, configurable: true });
  }
}

/** A form must not lead back to its object: only what holds nothing else may be in it. */
function addToForm(form: Form, value: unknown): void {
  const isHolder = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
  if (!isHolder || value instanceof Date || value instanceof URL) form[serialize]().push(value);
}

test("random graphs hold every kind, shared objects and cycles", () => {
  const kinds = new Set<string>();
  let cycles = 0;
  for (const nodes of fc.sample(graph, { numRuns: 300, seed: 1 })) {
    const objects = build(nodes);
    for (const { kind } of nodes) kinds.add(kind);
    for (const object of objects) if (object instanceof Set && object.has(object)) cycles++;
  }
  assert.deepEqual([...kinds].sort(), Object.keys(creators).sort());
  assert(cycles > 0);
});
