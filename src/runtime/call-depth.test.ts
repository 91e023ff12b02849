import assert from "node:assert/strict";
import { test } from "node:test";
import { CallDepthError } from "../base/errors.ts";
import { CALL_DEPTH_MAX, ENDLESS_ROOTS_MAX } from "../base/limits.ts";
import { CallDepth } from "./call-depth.ts";
import type { TaskScope } from "./task-scope.ts";

function caller(depth: number, root: number): TaskScope {
  return { name: "f", depth, root } as TaskScope;
}

test("a caller that is too deep is told so, and from then on all of its tree", () => {
  const calls = new CallDepth();
  calls.check(caller(CALL_DEPTH_MAX - 1, 1));
  assert.throws(() => calls.check(caller(CALL_DEPTH_MAX, 1)), {
    message:
      "Cannot call anything from f: it is 1000 calls deep, each made by the one before, and 1000 " +
      "is the limit; let the recursion end, or make a loop of it",
    code: "CALL_DEPTH",
    callerName: "f",
    depth: 1000,
  });
  assert.throws(() => calls.check(caller(3, 1)), {
    message:
      "Cannot call anything from f: others of the same tree are 1000 calls deep, each made by " +
      "the one before, and 1000 is the limit; let the recursion end, or make a loop of it",
    depth: 3,
  });
  calls.check(caller(3, 2));
});

test("it remembers the newest trees", () => {
  const calls = new CallDepth();
  for (let root = 1; root <= ENDLESS_ROOTS_MAX + 1; root++) {
    assert.throws(() => calls.check(caller(CALL_DEPTH_MAX, root)), CallDepthError);
  }
  calls.check(caller(0, 1));
  assert.throws(() => calls.check(caller(0, 2)), CallDepthError);
});
