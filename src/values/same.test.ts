/** What the tests of this folder share: an equality stricter than any ready-made one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { types } from "node:util";
import { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { decodeValue } from "./decode.ts";
import type { DecodeContext } from "./decode.ts";
import { encodeValue } from "./encode.ts";
import type { EncodeContext } from "./encode.ts";

export interface Encoded {
  readonly bytes: Buffer;
  readonly buffers: Uint8Array[];
}

export function encode(value: unknown, options: Partial<EncodeContext> = {}): Encoded {
  const writer = new MsgpackWriter(16);
  const context = { root: "value", buffers: [], extend: () => undefined, ...options };
  encodeValue(writer, value, context);
  return {
    bytes: Buffer.from(writer.bytes.subarray(0, writer.position)),
    buffers: context.buffers,
  };
}

/** Copies a buffer to where it arrives: 64-byte aligned in something larger. */
function arrived(buffer: Uint8Array): Buffer {
  const memory = Buffer.alloc(buffer.length + 192);
  memory.set(buffer, 64);
  return memory.subarray(64, 64 + buffer.length);
}

export function decode(encoded: Encoded, options: Partial<DecodeContext> = {}): unknown {
  const bytes = Buffer.from(encoded.bytes);
  const reader = new MsgpackReader(bytes);
  const nothing = (): never => assert.fail("no extension is expected");
  const buffers = encoded.buffers.map(arrived);
  const value = decodeValue(reader, { buffers, create: nothing, fill: nothing, ...options });
  assert.equal(reader.position, bytes.length, "bytes are left");
  bytes.fill(0xc1); // Readers use their bytes again: nothing may point into them.
  return value;
}

export function roundTrip(value: unknown): unknown {
  return decode(encode(value));
}

/** Round trip, then `assertSame`. */
export function assertSurvives(value: unknown): void {
  assertSame(roundTrip(value), value);
}

/**
 * Kinds, prototypes, keys with their order and enumerability, contents, and which objects are
 * identical to which: all must agree. Iterative: values may be deep.
 */
export function assertSame(actual: unknown, expected: unknown): void {
  const twins = new Map<object, object>();
  const origins = new Map<object, object>();
  const work: [unknown, unknown, string][] = [[actual, expected, "value"]];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const [left, right, path] = next;
    if (!isObject(left) || !isObject(right)) {
      if (!Object.is(left, right)) assert.fail(`${path}: ${String(left)} is not ${String(right)}`);
      continue;
    }
    if (twins.has(right) || origins.has(left)) {
      assert.equal(twins.get(right), left, `${path}: identity`);
      assert.equal(origins.get(left), right, `${path}: identity`);
      continue;
    }
    twins.set(right, left);
    origins.set(left, right);
    compareObjects(left, right, path, work);
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

type Work = [unknown, unknown, string][];

function compareObjects(left: object, right: object, path: string, work: Work): void {
  const what = Object.prototype.toString.call(right);
  assert.equal(Object.prototype.toString.call(left), what, path);
  assert.equal(Reflect.getPrototypeOf(left), Reflect.getPrototypeOf(right), `${path}: prototype`);
  if (ArrayBuffer.isView(right)) {
    const view = left as ArrayBufferView;
    assert.deepEqual(bytesOf(view), bytesOf(right), `${path}: bytes`);
    return;
  }
  work.push([contentOf(left), contentOf(right), `${path}: content of ${what}`]);
  const members = membersOf(right);
  const others = membersOf(left);
  assert.equal(others.length, members.length, `${path}: size`);
  for (const [i, member] of members.entries()) work.push([others[i], member, `${path}(${i})`]);
  compareProperties(left, right, path, work);
}

function compareProperties(left: object, right: object, path: string, work: Work): void {
  if (types.isArgumentsObject(right)) return; // Their items were compared; `callee` throws.
  const keys = keysOf(right);
  assert.deepEqual(keysOf(left), keys, `${path}: keys, marked if they are hidden`);
  for (const [key] of keys) {
    work.push([Reflect.get(left, key), Reflect.get(right, key), `${path}.${key}`]);
  }
}

function keysOf(object: object): (readonly [string, hidden: boolean])[] {
  const visible = new Set(Object.keys(object));
  const keys = Object.getOwnPropertyNames(object).map((key) => [key, !visible.has(key)] as const);
  if (!types.isNativeError(object)) return keys;
  // The hidden properties of an error travel first.
  return keys.sort(([, left], [, right]) => Number(right) - Number(left));
}

function membersOf(object: object): unknown[] {
  if (types.isMap(object)) return [...object].flat();
  return types.isSet(object) ? [...object] : [];
}

/** What an object holds beside its properties. */
function contentOf(object: object): unknown {
  if (types.isDate(object)) return object.getTime();
  const form: unknown = Reflect.get(object, Symbol.for("mobula.serialize"));
  if (typeof form === "function") return Reflect.apply(form, object, []);
  if (types.isRegExp(object)) return String(object);
  if (types.isBoxedPrimitive(object)) return object.valueOf();
  if (types.isArrayBuffer(object)) return Buffer.from(object).toString("hex");
  if (object instanceof URL || object instanceof URLSearchParams) return String(object);
  if (types.isArgumentsObject(object)) return Array.from(object as ArrayLike<unknown>);
  if (object instanceof Headers) return [...object];
  if (object instanceof Intl.Locale) return object.toString();
  if (object instanceof DOMException) return `${object.name}: ${object.message}`;
  return undefined;
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}

test("sameness sees every difference", () => {
  const shared = {};
  const differing: [unknown, unknown][] = [
    [0, -0],
    [1, 1n],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ a: undefined }, {}],
    [[undefined], new Array(1)],
    [{}, Object.create(null)],
    [
      [shared, shared],
      [{}, {}],
    ],
    [
      [{}, {}],
      [shared, shared],
    ],
    [new Date(1), new Date(2)],
    [/a/g, /a/i],
    [new Set([1, 2]), new Set([2, 1])],
    [new Map([[1, {}]]), new Map([[1, { a: 1 }]])],
    [new Error("a"), new TypeError("a")],
    [Buffer.from("a"), new Uint8Array([97])],
    [new Uint8Array([1]), new Uint8Array([2])],
    [Object(1), Object(2)],
    [Symbol.iterator, Symbol.asyncIterator],
  ];
  for (const [left, right] of differing) assert.throws(() => assertSame(left, right));
  assertSame(
    { a: [1, { b: NaN }], c: new Map([[shared, shared]]) },
    { a: [1, { b: NaN }], c: new Map([[shared, shared]]) },
  );
});
