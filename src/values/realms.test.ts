import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { assertSame, encode, roundTrip } from "./same.test.ts";

const context = createContext({});

function foreign(source: string): unknown {
  return runInContext(`(${source})`, context);
}

test("objects of another realm arrive as those of this one", () => {
  const cases: [string, unknown][] = [
    ["{ a: [1, { b: 2 }], get c() { return 3; } }", { a: [1, { b: 2 }], c: 3 }],
    ["[1, , 3]", [1, , 3]],
    ["new Map([[{}, new Set([1])]])", new Map([[{}, new Set([1])]])],
    ["new Date(5)", new Date(5)],
    ["/a/gi", /a/gi],
    ["[Object(1), Object('x'), Object(1n), Object(true)]", [1, "x", 1n, true].map(Object)],
    ["new Float64Array([1, 2])", new Float64Array([1, 2])],
    ["new Uint8Array([1, 2]).buffer", new Uint8Array([1, 2]).buffer],
    ["new DataView(new ArrayBuffer(3), 1)", new DataView(new ArrayBuffer(3), 1)],
    ["Object.create(null, { a: { value: 1, enumerable: true } })", { __proto__: null, a: 1 }],
    ["Symbol.iterator", Symbol.iterator],
  ];
  for (const [source, expected] of cases) assertSame(roundTrip(foreign(source)), expected);
});

test("errors of another realm arrive as those of this one", () => {
  const error = roundTrip(foreign("Object.assign(new RangeError('far'), { code: 7 })"));
  assert(error instanceof RangeError);
  assert.deepEqual([error.message, (error as { code?: unknown }).code], ["far", 7]);
  const own = roundTrip(foreign("new (class Own extends TypeError {})('own')"));
  assert.equal(Reflect.getPrototypeOf(own as object), TypeError.prototype);
});

test("a class instance of another realm is asked for, whatever its class is called", () => {
  for (const source of [
    "new (class Point {})()",
    "new (class Map {})()",
    "new (class extends Map {})()",
    "Object.create({ a: 1 })",
    "Object.create(Map.prototype)",
  ]) {
    const value = foreign(source);
    const asked: unknown[] = [];
    assert.throws(() => encode(value, { extend: (found) => void asked.push(found) }));
    assert.deepEqual(asked, [value], source);
  }
});
