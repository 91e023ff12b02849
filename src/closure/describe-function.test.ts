import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFunction } from "./describe-function.ts";

/** "count", or "count+" if it takes more. */
function arity(subject: (...args: never[]) => unknown): string {
  const { parameterCount, unlimited } = describeFunction(subject);
  return `${parameterCount}${unlimited ? "+" : ""}`;
}

test("declared parameters are counted, whatever their form", () => {
  assert.equal(
    arity(() => 1),
    "0",
  );
  assert.equal(
    arity((a: number) => a),
    "1",
  );
  assert.equal(
    arity((a: number, b = 2) => a + b),
    "2",
  );
  assert.equal(
    arity(({ a }: { a: number }, [b]: number[]) => [a, b]),
    "2",
  );
  assert.equal(
    arity(async function named(a: number) {
      return a;
    }),
    "1",
  );
  assert.equal(
    arity(function* (a: number, b: number) {
      yield a + b;
    }),
    "2",
  );
  assert.equal(
    arity(
      {
        method(a: number) {
          return a;
        },
      }.method,
    ),
    "1",
  );
  assert.equal(
    arity(
      class {
        static make(a: number) {
          return a;
        }
      }.make,
    ),
    "1",
  );
});

test("a function that takes whatever it is given gets everything", () => {
  assert.equal(
    arity((a: number, ...rest: number[]) => [a, rest]),
    "2+",
  );
  assert.equal(
    arity(function () {
      return arguments.length;
    }),
    "0+",
  );
  assert.equal(
    arity(function () {
      return (() => arguments.length)();
    }),
    "0+",
  );
  assert.equal(
    arity(function (a = arguments.length) {
      return a;
    }),
    "1+",
  );
  assert.equal(arity(Math.max), "2+");
  assert.equal(
    arity(
      function (a: number) {
        return a;
      }.bind(undefined),
    ),
    "1+",
  );
});

test("arguments of another function do not count", () => {
  assert.equal(
    arity(function () {
      return function () {
        return arguments.length;
      };
    }),
    "0",
  );
  assert.equal(
    arity((a: { arguments: number }) => a.arguments),
    "1",
  );
});

test("the name is that of the function", () => {
  assert.equal(
    describeFunction(function square() {
      return 1;
    }).name,
    "square",
  );
  assert.equal(
    describeFunction(
      (
        () => () =>
          1
      )(),
    ).name,
    "anonymous",
  );
});
