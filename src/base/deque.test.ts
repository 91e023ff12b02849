import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deque } from "./deque.ts";

type Step = readonly ["push" | "shift" | "pop" | "first" | "last"] | readonly ["retain", number];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>(["push"]) },
  { weight: 4, arbitrary: fc.constantFrom<Step[]>(["shift"], ["pop"], ["first"], ["last"]) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("retain"), fc.integer({ min: 2, max: 5 })) },
);

/** The twin is an array. Items are numbered; what both return must agree at every step. */
function run(steps: readonly Step[]): void {
  const deque = new Deque<number>();
  let twin: number[] = [];
  let count = 0;
  for (const [name, divisor] of steps) {
    if (name === "push") {
      deque.push(count);
      twin.push(count++);
    } else if (name === "retain") {
      deque.retain((item) => item % divisor !== 0);
      twin = twin.filter((item) => item % divisor !== 0);
    } else {
      const expected = { shift: () => twin.shift(), pop: () => twin.pop() };
      const wanted = name === "first" || name === "last" ? twin.at(name === "first" ? 0 : -1) : NaN;
      assert.equal(deque[name](), Number.isNaN(wanted) ? expected[name as "pop"]() : wanted);
    }
    assert.equal(deque.size, twin.length);
  }
  assert.deepEqual([...deque], twin);
}

test("does what an array does, whatever was taken out and put in before", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 300, size: "max" }), run), { numRuns: 1_000 });
});

test("a ring that has gone round grows in order", () => {
  const deque = new Deque<number>();
  for (let i = 0; i < 10; i++) deque.push(-1);
  for (let i = 0; i < 10; i++) deque.shift();
  for (let i = 0; i < 100; i++) deque.push(i);
  assert.deepEqual(
    [...deque],
    Array.from({ length: 100 }, (_, i) => i),
  );
});
