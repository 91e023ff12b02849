/** What a task throws arrives as it was thrown. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { remote, TaskCancelledError, type ObjectRef } from "mobula";
import { useRuntime } from "../support/runtime.ts";

useRuntime();

async function reasonOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    (value) => assert.fail(`resolved with ${inspect(value)}`),
    (reason: unknown) => reason,
  );
}

const throwIt = remote((make: () => unknown) => {
  throw make();
});

class OrderError extends Error {
  override name = "OrderError";
  readonly orderId: number;
  constructor(orderId: number, options?: ErrorOptions) {
    super(`order ${orderId}`, options);
    this.orderId = orderId;
  }
  describe(): string {
    return `#${this.orderId}`;
  }
}

test("class, message, own properties and cause", async () => {
  const fail = remote(() => {
    const cause = Object.assign(new RangeError("inner"), { at: new Date(0) });
    throw Object.assign(new OrderError(7, { cause }), { code: "E_ORDER", list: [1, new Map()] });
  });
  const error = await reasonOf(fail());
  assert(error instanceof OrderError);
  assert.deepEqual(
    [error.name, error.message, error.orderId, error.describe()],
    ["OrderError", "order 7", 7, "#7"],
  );
  const { code, list } = error as unknown as { code: string; list: unknown[] };
  assert.deepEqual([code, list], ["E_ORDER", [1, new Map()]]);
  assert(error.cause instanceof RangeError);
  assert.deepEqual(
    [error.cause.message, (error.cause as { at?: Date }).at],
    ["inner", new Date(0)],
  );
});

test("built-in errors of every kind, AggregateError and DOMException included", async () => {
  const makers: (() => Error)[] = [
    () => new Error("m"),
    () => new TypeError("m"),
    () => new SyntaxError("m"),
    () => new AggregateError([new RangeError("a"), 2], "m"),
    () => new DOMException("m", "AbortError"),
    () => new TaskCancelledError("m"),
  ];
  for (const make of makers) {
    const expected = make();
    const error = await reasonOf(throwIt(make));
    assert(error instanceof Error);
    assert.equal(error.constructor, expected.constructor);
    assert.deepEqual([error.name, error.message], [expected.name, "m"]);
    if (error instanceof AggregateError) assert.equal((error.errors[0] as Error).message, "a");
  }
});

test("errors of Node keep their code", async () => {
  const open = remote(async () => (await import("node:fs")).readFileSync("/does/not/exist"));
  const error = (await reasonOf(open())) as NodeJS.ErrnoException;
  assert.deepEqual([error.code, error.syscall, error.path], ["ENOENT", "open", "/does/not/exist"]);
  assert(error instanceof Error);
});

test("values that are no errors are thrown as they are", async () => {
  const values = ["text", 0, null, undefined, { a: 1 }, [1], 3n];
  const give = remote((value: unknown) => {
    throw value;
  });
  for (const value of values) assert.deepEqual(await reasonOf(give(value)), value);
  assert.equal(typeof (await reasonOf(throwIt(() => Symbol.for("s")))), "symbol");
});

test("async bodies and rejected promises throw alike", async () => {
  const asyncFail = remote(async (text: string) => {
    await Promise.resolve();
    throw new OrderError(text.length);
  });
  const rejected = remote(() => Promise.reject(new OrderError(2)));
  for (const call of [asyncFail("ab"), rejected()]) {
    const error = await reasonOf(call);
    assert(error instanceof OrderError && error.orderId === 2);
  }
});

test("the stack has the user's lines, then the line of the call, and none of ours", async () => {
  function inner(): never {
    throw new Error("deep");
  }
  const outer = remote(function outer() {
    return inner();
  });
  const error = (await reasonOf(outer())) as Error;
  const lines = error.stack!.split("\n");
  assert.equal(lines[0], "Error: deep");
  assert.match(lines[1]!, /^ {4}at inner .*errors\.test\.ts:\d+/);
  assert.match(lines[2]!, /^ {4}at outer .*errors\.test\.ts:\d+/);
  const separator = lines.indexOf("    --- called remotely");
  assert(separator > 2, error.stack);
  assert.match(lines[separator + 1]!, /errors\.test\.ts:\d+/);
  assert.doesNotMatch(error.stack!, /\/(dist|src)\/(runtime|worker|closure)\//);
});

test("through two calls the stack names both", async () => {
  const first = remote(function first(): number {
    throw new Error("deep");
  });
  const second = remote(async function second() {
    return await first();
  });
  const error = (await reasonOf(second())) as Error;
  assert.match(error.stack!, /at first /);
  assert.equal(error.stack!.split("--- called remotely").length, 3, error.stack);
});

test("of an error, the parts that cannot be sent are text, and they alone", async () => {
  const fail = remote(function failing() {
    const cause = Object.assign(new RangeError("inner"), { socket: new WeakMap(), port: 80 });
    throw Object.assign(new TypeError("full of sockets", { cause }), { held: new WeakMap(), n: 1 });
  });
  const error = (await reasonOf(fail())) as TypeError & { cause: RangeError };
  assert(error instanceof TypeError);
  assert.equal(error.message, "full of sockets");
  assert.match(error.stack!, /at failing /);
  assert.deepEqual({ ...error }, { held: "[WeakMap]", n: 1 });
  assert(error.cause instanceof RangeError);
  assert.deepEqual(
    [error.cause.message, { ...error.cause }],
    ["inner", { socket: "[WeakMap]", port: 80 }],
  );
});

test("a result that cannot be sent rejects and names its path", async () => {
  const give = remote(() => ({ deep: [1, { client: new WeakMap() }] }));
  const error = (await reasonOf(give())) as Error & { path: string };
  assert.deepEqual([error.name, error.path], ["SerializationError", "result.deep[1].client"]);
  assert.match(error.message, /^Cannot send result\.deep\[1\]\.client: /);
  assert.equal(await remote(() => "next")(), "next");
});

test("an error passes through a ref that is an argument", async () => {
  const use = remote((n: number) => n);
  const failed = throwIt(() => new OrderError(3)) as unknown as ObjectRef<number>;
  const error = await reasonOf(use(failed));
  assert(error instanceof OrderError && error.orderId === 3);
});
