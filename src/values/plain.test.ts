import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSame, assertSurvives, decode, encode, roundTrip } from "./same.test.ts";

test("the bytes of values are fixed", () => {
  const shared = {};
  const cases: [unknown, string][] = [
    [null, "c0"],
    [undefined, "d40000"],
    [-0, "cb8000000000000000"],
    [5, "05"],
    [5n, "d7010000000000000005"],
    [-(2n ** 64n), "c70901ff0000000000000000"],
    ["\ud800", "d50200d8"],
    [new Date(0), "d7030000000000000000"],
    [{ a: [true] }, "81a16191c3"],
    [Object.assign(Object.create(null) as object, { a: 1 }), "93d41100a16101"],
    [Object.assign([], { 2: 7 }), "94d41200030207"],
    [new Map([[1, 2]]), "93d413000102"],
    [new Set([1]), "92d4140001"],
    [/a/g, "93d41500a161a167"],
    [Object(1), "92d4160001"],
    [Symbol.for("a"), "92d41700a161"],
    [Symbol.iterator, "92d41800a86974657261746f72"],
    [new URL("a:b"), "92d41b00a3613a62"],
    [new URLSearchParams("a=b"), "92d41c00a3613d62"],
    [[shared, shared], "92d410009280d40401"],
    [Buffer.from("a"), "c40161"],
    [new Uint8Array([1]), "93d41000c40101d80504000000000000000000000000000001"],
    [
      Object.assign(new TypeError("m"), { stack: "s", code: 1 }),
      "99d41900a9547970654572726f7202a5737461636ba173a76d657373616765a16da4636f646501",
    ],
  ];
  for (const [value, bytes] of cases) {
    const encoded = encode(value);
    assert.equal(encoded.bytes.toString("hex"), bytes);
    assertSame(decode(encoded), value);
  }
});

test("objects keep their enumerable string keys, in order", () => {
  assertSurvives({ b: 1, a: 2, 10: 3, 9: 4, "": 5, é: 6, "\udfff": 7, [`k${"x".repeat(100)}`]: 8 });
  const hidden = Object.defineProperty({ a: 1 }, "hidden", { value: 1, enumerable: false });
  assertSame(roundTrip({ ...hidden, [Symbol.for("key")]: 1, [Symbol.iterator]: 2 }), { a: 1 });
  assertSame(roundTrip(Object.assign(hidden, { [Symbol.for("key")]: 1 })), { a: 1 });
  assertSurvives(Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`key ${i}`, i])));
});

test("__proto__ is a key like any other", () => {
  const value: unknown = JSON.parse('{"__proto__": {"polluted": 1}, "a": {"__proto__": null}}');
  assertSurvives(value);
  assertSurvives(Object.assign(Object.create(null) as object, value));
  const received = roundTrip(value) as { polluted?: unknown };
  assert.equal(received.polluted, undefined);
  assert.equal(Reflect.getPrototypeOf(received), Object.prototype);
});

test("getters are read; what they change while being read does no harm", () => {
  const value = {
    get a() {
      Reflect.deleteProperty(this, "b");
      Object.assign(this, { c: 3 });
      return 1;
    },
    b: 2,
  };
  assertSame(roundTrip(value), { a: 1, b: undefined });
  const list: unknown[] = [
    {
      get shrink() {
        list.length = 1;
        return 1;
      },
    },
    2,
    3,
  ];
  assertSame(roundTrip(list), [{ shrink: 1 }, undefined, undefined]);
  const map = new Map<unknown, unknown>([
    [
      1,
      {
        get clear() {
          map.clear();
          return 1;
        },
      },
    ],
    [2, 2],
  ]);
  const copy = new Map<unknown, unknown>([
    [1, { clear: 1 }],
    [2, 2],
  ]);
  assertSame(roundTrip(map), copy);
});

test("what only looks plain is sent as it looks", () => {
  assertSame(roundTrip(new Proxy({ a: [1] }, {})), { a: [1] });
  assertSame(roundTrip(new Proxy([1, { b: 2 }], {})), [1, { b: 2 }]);
  assertSame(roundTrip(Object.freeze({ a: Object.freeze([1]) })), { a: [1] });
});

test("arrays keep their holes", () => {
  for (const array of [new Array(3), [, 1], [1, , undefined, , 2], [undefined, undefined]]) {
    assertSurvives(array);
  }
  const vast = new Array<unknown>(2 ** 32 - 1);
  vast[2 ** 32 - 2] = "end";
  vast[7] = vast;
  assertSurvives(vast);
});

test("named properties of arrays survive where the language itself makes them", () => {
  assertSurvives("2024-05".match(/(?<year>\d+)-(\d+)(x)?/));
  assertSurvives([..."a1b2".matchAll(/[a-z](?<digit>\d)/g)]);
  assertSame(roundTrip(Object.assign([1, 2], { named: 1 })), [1, 2]);
});

test("strings of every length survive", () => {
  for (const unit of ["a", "é", "中", "😀", "\ud800", "\u0000"]) {
    for (const length of [0, 1, 15, 16, 23, 24, 31, 32, 255, 256, 65_535, 65_536, 1_000_000]) {
      assertSurvives(unit.repeat(length));
      assertSurvives({ [unit.repeat(Math.min(length, 300))]: 1 });
    }
  }
});

test("strings of 100 MiB survive", () => {
  for (const unit of ["a", "é"]) {
    const text = unit.repeat((100 * 2 ** 20) / Buffer.byteLength(unit));
    assert(roundTrip(text) === text);
  }
});

test("BigInts of every size survive", () => {
  for (let bits = 0; bits < 200; bits++) {
    for (const off of [-1n, 0n, 1n]) {
      assertSurvives(2n ** BigInt(bits) + off);
      assertSurvives(-(2n ** BigInt(bits)) + off);
    }
  }
  const huge = 7n ** 300_000n;
  assert(roundTrip(huge) === huge && roundTrip(-huge) === -huge);
});

test("numbers are exact at every border", () => {
  for (let bits = 0; bits < 70; bits++) {
    for (const off of [-1.5, -1, -0.5, 0, 0.5, 1]) {
      assertSurvives(2 ** bits + off);
      assertSurvives(-(2 ** bits) + off);
    }
  }
  assertSurvives([Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON, NaN, -0, 0, -Infinity]);
});

test("all well-known symbols survive", () => {
  for (const name of Object.getOwnPropertyNames(Symbol)) {
    const symbol: unknown = Reflect.get(Symbol, name);
    if (typeof symbol === "symbol") assertSurvives([symbol, { symbol }, Object(symbol)]);
  }
});

test("RegExps arrive at their beginning, as structured clone has it", () => {
  const pattern = /[/\]\n\u2028]+(?<name>x)\//dgimsuy;
  pattern.lastIndex = 3;
  const received = roundTrip(pattern) as RegExp;
  assertSame(received, new RegExp(pattern.source, pattern.flags));
  assert.equal(received.lastIndex, 0);
  assertSurvives([new RegExp(""), new RegExp("\ud800"), new RegExp("[\\p{L}--[a-z]]", "v")]);
});

test("what is large in number survives", () => {
  assertSurvives(Array.from({ length: 200_000 }, (_, i) => ({ i })));
  assertSurvives(new Map(Array.from({ length: 100_000 }, (_, i) => [i, `${i}`])));
  assertSurvives(new Set(Array.from({ length: 100_000 }, (_, i) => i / 3)));
  const objects = Array.from({ length: 70_000 }, (_, i) => [i]);
  assertSurvives([...objects, ...objects]);
});
