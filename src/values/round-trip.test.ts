import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OwnError, build, graph, receiving, sending } from "./random-graph.test.ts";
import { assertSame, decode, encode } from "./same.test.ts";

/** An error of a class that the other side does not know arrives as its base, with its name. */
function expected(built: object[]): object[] {
  for (const object of built) {
    if (object instanceof OwnError) Object.setPrototypeOf(object, RangeError.prototype);
  }
  return built;
}

test("every graph survives, and is written alike every time", () => {
  fc.assert(
    fc.property(graph, (nodes) => {
      const built = build(nodes);
      const encoded = encode(built, sending);
      assert.deepEqual(encode(built, sending), encoded);
      assertSame(decode(encoded, receiving), expected(built));
    }),
    { numRuns: 500 },
  );
});

test("what was received is written as it was sent", () => {
  fc.assert(
    fc.property(graph, (nodes) => {
      const encoded = encode(build(nodes), sending);
      assert.deepEqual(encode(decode(encoded, receiving), sending), encoded);
    }),
    { numRuns: 500 },
  );
});
