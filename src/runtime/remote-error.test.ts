import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { packageUrl } from "../closure/package-files.ts";
import type { CallSite } from "./object-record.ts";
import { CallSites, remoteError } from "./remote-error.ts";
import { isDisguisedError, sendableParts, textOf } from "./remote-error-parts.ts";
import { userStack } from "./remote-error-stack.ts";
import { systemClock } from "./system.ts";

const own = `    at Executor.call (${packageUrl}runtime/executor.ts:1:2)`;
const ownPath = `    at call (${fileURLToPath(packageUrl!)}runtime/executor.ts:1:2)`;
const node = "    at AsyncLocalStorage.run (node:async_hooks:346:14)";
const nodeAsync = "    at async node:internal/modules/esm/loader:647:26";
const nodeFs = "    at openSync (node:fs:1:1)";
const user = "    at body (file:///program.mjs:3:4)";

/** As errors have it that came from elsewhere: since Node 21 others have a getter for it. */
function giveStack(error: Error, stack: string): void {
  Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
}

function linesOf(...lines: string[]): string {
  return lines.join("\n");
}

test("a stack keeps the user's lines and what they call of Node", () => {
  const given = linesOf("Error: x", nodeFs, user, node, own, ownPath, node, nodeAsync);
  assert.equal(userStack(given, "x"), linesOf("Error: x", nodeFs, user));
});

test("each part of a stack ends with the user's line", () => {
  const mark = "    --- called remotely";
  const given = linesOf("Error: x", user, own, node, mark, user, node, own);
  assert.equal(userStack(given), linesOf("Error: x", user, mark, user));
});

test("a message whose lines look like frames stays whole", () => {
  const message = linesOf("it said:", own, node);
  assert.equal(userStack(linesOf(`Error: ${message}`, user, own), message).includes(own), true);
});

test("positions that are the user's already lose the other spelling of their file", () => {
  const line = userStack(linesOf("Error", "    at f (file:///a/b/./c.mjs:1:2)"));
  assert.equal(line, linesOf("Error", "    at f (file:///a/b/c.mjs:1:2)"));
});

test("the errors below an error lose their inner lines, also in a circle", () => {
  const [inner, first] = [new Error("inner"), new Error("first", { cause: undefined })];
  const error = new AggregateError([undefined, first, 1], "outer", { cause: inner });
  inner.cause = error;
  for (const each of [inner, first, error]) giveStack(each, linesOf("Error", user, own));
  const site = { lines: () => "\nhere" };
  assert.equal(remoteError(error, site), error);
  assert.equal(error.stack, linesOf("Error", user, "here"));
  for (const each of [inner, first]) assert.equal(each.stack, linesOf("Error", user));
});

test("non-errors and stacks that are no text stay as they are", () => {
  for (const value of [undefined, null, "s", { stack: own }]) {
    assert.equal(remoteError(value, undefined), value);
  }
  const error = new Error("x");
  Object.defineProperty(error, "stack", { value: 5 });
  assert.equal((remoteError(error, undefined) as { stack: unknown }).stack, 5);
  const frozen = Object.freeze(new Error("x"));
  assert.equal(remoteError(frozen, undefined), frozen);
});

function isData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "symbol";
  return !(value instanceof WeakMap) && !(value instanceof Promise);
}

test("what cannot be sent is text in its place, once for each place of a circle", () => {
  const error = Object.assign(new TypeError("t"), { list: [new WeakMap(), 1], self: {} });
  error.self = error;
  error.cause = error;
  const copy = sendableParts(error, isData) as typeof error;
  assert.deepEqual(copy.list, ["[WeakMap]", 1]);
  assert(copy instanceof TypeError && copy.self === copy && copy.cause === copy);
  assert.deepEqual([copy.message, copy.stack], ["t", error.stack]);
});

test("however hostile the error, an error comes of it", () => {
  const trap = (): never => {
    throw new Error("trap");
  };
  for (const key of ["message", "stack", "name", "cause", "other"]) {
    const error = Object.defineProperty(new Error("x"), key, { get: trap, enumerable: true });
    const copy = sendableParts(error, isData);
    assert(copy instanceof Error, key);
    assert.equal(copy.message, key === "message" ? "[reading it threw Error: trap]" : "x");
    assert.equal(typeof copy.stack, "string");
  }
  const all = new Proxy(new Error("x"), { get: trap, getPrototypeOf: trap, ownKeys: trap });
  assert.equal(
    sendableParts(all, () => false),
    "Error: x",
  );
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.equal(textOf(proxy), "<Revoked Proxy>");
});

test("an error without an error's prototype is known for one", () => {
  for (const prototype of [null, Object.prototype]) {
    const error = Object.setPrototypeOf(new Error("x"), prototype) as object;
    assert(isDisguisedError(error));
    assert.equal((sendableParts(error, isData) as Error).message, "x");
  }
  for (const other of [new Error("x"), {}, undefined]) assert(!isDisguisedError(other));
});

test("texts and trees are bounded", () => {
  let error = new Error("y".repeat(3 * 1024 * 1024));
  assert((sendableParts(error, isData) as Error).message.length < 1_100_000);
  for (let i = 0; i < 20_000; i++) error = new Error("up", { cause: error });
  assert((sendableParts(error, isData) as Error).cause instanceof Error);
});

test("of a call so many frames are kept as the user wants of errors, four at most", () => {
  const limit = Error.stackTraceLimit;
  const sites = new CallSites(systemClock, true);
  const call = (): CallSite => sites.take(call);
  const program = "(call) => function f(left) { return left ? f(left - 1) : call(); }(9)";
  const run = runInThisContext(program, { filename: "/program.mjs" }) as (
    of: typeof call,
  ) => CallSite;
  const framesOf = (wanted: number): number => {
    Error.stackTraceLimit = wanted;
    const site = run(call);
    assert.equal(Error.stackTraceLimit, wanted);
    return site.lines().split("/program.mjs").length - 1;
  };
  try {
    assert.equal(framesOf(0), 0);
    assert.equal(framesOf(1), 1);
    assert.equal(framesOf(100), 4);
  } finally {
    Error.stackTraceLimit = limit;
  }
});
