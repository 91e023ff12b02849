import assert from "node:assert/strict";
import { test } from "node:test";
import { CLASS_INSTANCE } from "./extension-types.ts";
import { DEPTH_MAX, RECURSION_DEPTH_MAX } from "./limits.ts";
import { assertSurvives, decode, encode } from "./same.test.ts";

const DEEP = 100_000;

class Link {
  next: unknown;
}

/** One more level around a value, by kind. */
const levels: ((inner: unknown) => object)[] = [
  (inner) => [inner],
  (inner) => ({ before: 1, inner, after: "x" }),
  (inner) => new Map([[inner, "as key"]]),
  (inner) => new Map([["as value", inner]]),
  (inner) => new Set([inner]),
  (inner) => Object.assign(Object.create(null) as object, { inner }),
  (inner) => Object.assign([], { 3: inner }),
  (inner) => Object.assign(new Error("x"), { stack: "", inner }),
];

function nest(depth: number, levelAt: (i: number) => (inner: unknown) => object): unknown {
  let value: unknown = "bottom";
  for (let i = 0; i < depth; i++) value = levelAt(i)(value);
  return value;
}

test("levels of each kind, and 100,000 of all kinds mixed, survive", () => {
  for (const level of levels) assertSurvives(nest(20_000, () => level));
  assertSurvives(nest(DEEP, (i) => levels[i % levels.length]!));
});

test("the levels at which recursion ends are like the others", () => {
  for (let depth = RECURSION_DEPTH_MAX - 3; depth < RECURSION_DEPTH_MAX + 4; depth++) {
    for (const level of levels) assertSurvives(nest(depth, () => level));
    const leaf = [1, "x", new Date(5), Buffer.from("pool"), new Uint8Array(3), Symbol.iterator, {}];
    assertSurvives([leaf[6], [nest(depth, () => (inner) => [inner, ...leaf, Object(1)])]]);
  }
});

test("a circle of 100,000 objects survives", () => {
  const first = { next: {} };
  first.next = nest(DEEP, () => (inner) => ({
    next: inner === "bottom" ? first : inner,
  })) as object;
  assertSurvives(first);
});

test("a list of 100,000 extended objects is filled from its end", () => {
  const list = nest(DEEP, () => (inner) => Object.assign(new Link(), { next: inner }));
  const encoded = encode(list, {
    extend: (link) => ({ type: CLASS_INSTANCE, head: ["Link"], body: (link as Link).next }),
  });
  let filled = 0;
  const received = decode(encoded, {
    create: () => new Link(),
    fill: (_type, created, body) => {
      assert(filled++ === 0 ? body === "bottom" : (body as Link).next !== undefined);
      (created as Link).next = body;
    },
  });
  assert(received instanceof Link);
  assert.equal(filled, DEEP);
});

test("deep values work far down the stack", () => {
  const value = nest(1_000, (i) => levels[i % levels.length]!);
  const descend = (left: number): void => (left === 0 ? assertSurvives(value) : descend(left - 1));
  descend(3_000);
});

test("more levels than the format allows are refused", () => {
  const tooDeep = nest(DEPTH_MAX + 1, () => (inner) => [inner]);
  const shown = "[0]".repeat(16);
  assert.throws(() => encode(tooDeep), {
    name: "SerializationError",
    message:
      `Cannot send value${shown}...(999968 levels)...${shown}: it is nested deeper than 1000000 ` +
      "levels; send it in a flatter form, such as an array",
  });
  assert.equal(encode(nest(DEPTH_MAX, () => (inner) => [inner])).bytes.length, DEPTH_MAX + 7);
});
