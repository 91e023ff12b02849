/** Whatever is thrown, and whatever is in it, an error that says what happened arrives. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { remote } from "mobula";
import { useRuntime } from "../support/runtime.ts";

useRuntime();

class StockError extends RangeError {
  override name = "StockError";
  readonly left = 3;
}

/** What an error is made of, as data: it is built in the worker, and compared here. */
interface ErrorPlan {
  readonly kind: keyof typeof makers;
  readonly message: string;
  readonly parts: readonly (keyof typeof partMakers)[];
  readonly cause: ErrorPlan | undefined;
  readonly errors: readonly ErrorPlan[];
  readonly twist: "none" | "frozen" | "no stack" | "circle" | "hostile getter" | "proxy";
}

const makers = {
  error: (message: string) => new Error(message),
  type: (message: string) => new TypeError(message),
  own: (message: string) => new StockError(message),
  aggregate: (message: string) => new AggregateError([], message),
  dom: (message: string) => new DOMException(message, "DataError"),
  realm: (message: string) =>
    runInNewContext("new SyntaxError(message)", { message }) as SyntaxError,
};
const classes = {
  ...{ error: Error, type: TypeError, own: StockError },
  ...{ aggregate: AggregateError, dom: DOMException, realm: SyntaxError },
};

const canHide = new Set<string>(["error", "type", "aggregate"]);
/** From Node 22 on the stack of an error cannot be read through a Proxy, by nobody. */
const isStackHidden = new Proxy(new Error(), {}).stack === undefined;

function hasStack({ twist, kind }: ErrorPlan): boolean {
  if (twist === "proxy") return !(isStackHidden && canHide.has(kind));
  return twist !== "no stack";
}

/** Properties that can be sent, and others. */
const partMakers = {
  number: () => 7,
  map: () => new Map([["a", [1, undefined]]]),
  date: () => new Date(5),
  weakMap: () => new WeakMap(),
  promise: () => Promise.resolve(),
  iterator: () => [1][Symbol.iterator](),
};
const sendable = new Set<string>(["number", "map", "date"]);

function build(plan: ErrorPlan): Error {
  const error = makers[plan.kind](plan.message) as Error & Record<string, unknown>;
  for (const part of plan.parts) error[part] = partMakers[part]();
  if (plan.cause !== undefined) error.cause = build(plan.cause);
  if (error instanceof AggregateError) error.errors = plan.errors.map(build);
  if (plan.twist === "circle") error["circle"] = { error };
  if (plan.twist === "no stack") Object.assign(error, { stack: undefined });
  if (plan.twist === "hostile getter") {
    const get = (): never => {
      throw new Error("do not look");
    };
    Object.defineProperty(error, "hostile", { get, enumerable: true });
  }
  if (plan.twist === "frozen") return Object.freeze(error);
  // Behind a Proxy its class cannot be told from its look: it arrives as the nearest one.
  return plan.twist === "proxy" && canHide.has(plan.kind) ? new Proxy(error, {}) : error;
}

function compare(error: unknown, plan: ErrorPlan): void {
  assert(error instanceof Error);
  const found = error as Error & Record<string, unknown>;
  assert.equal(Reflect.getPrototypeOf(error), classes[plan.kind].prototype);
  assert.equal(error.message, plan.message);
  for (const part of plan.parts) {
    if (sendable.has(part)) assert.deepEqual(found[part], partMakers[part]());
    else assert.equal(typeof found[part], "string");
  }
  if (plan.cause === undefined) assert(!Object.hasOwn(error, "cause"));
  else compare(error.cause, plan.cause);
  if (plan.kind === "aggregate") {
    const { errors } = error as AggregateError;
    assert.equal(errors.length, plan.errors.length);
    for (const [index, inner] of plan.errors.entries()) compare(errors[index], inner);
  }
  if (plan.twist === "circle") {
    assert.equal((found["circle"] as { error: unknown }).error, error);
  }
  // A class of one's own may take its accessor along.
  if (plan.twist === "hostile getter" && plan.kind !== "own") {
    assert.match(String(found["hostile"]), /do not look/);
  }
  if (hasStack(plan)) assert.match(error.stack!, /thrown-values\.test\.ts:\d+/);
  assert.doesNotMatch(error.stack ?? "", /\/(dist|src)\/|async_hooks|\/\.\//);
}

const TWISTS = ["none", "frozen", "no stack", "circle", "hostile getter", "proxy"] as const;

/** Plans with errors in errors, at most `depth` deep. */
function plansOf(depth: number): fc.Arbitrary<ErrorPlan> {
  const inner = depth === 0 ? undefined : plansOf(depth - 1);
  const kinds = Object.keys(makers) as (keyof typeof makers)[];
  const parts = Object.keys(partMakers) as (keyof typeof partMakers)[];
  return fc.record({
    kind: fc.constantFrom(...kinds),
    message: fc.string({ unit: "binary", maxLength: 30 }),
    parts: fc.uniqueArray(fc.constantFrom(...parts), { maxLength: 4 }),
    cause: inner === undefined ? fc.constant(undefined) : fc.option(inner, { nil: undefined }),
    errors: inner === undefined ? fc.constant([]) : fc.array(inner, { maxLength: 2 }),
    twist: fc.constantFrom(...TWISTS),
  });
}
const plan = plansOf(3);

async function reasonOf(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail("it resolved"),
    (reason: unknown) => reason,
  );
}

test("errors of any class, with any parts, however nested and bewitched", async () => {
  const fail = remote((given: ErrorPlan) => {
    throw build(given);
  });
  const failBelow = remote(async (given: ErrorPlan) => await fail(given));
  await fc.assert(
    fc.asyncProperty(plan, fc.boolean(), async (given, isNested) => {
      const error = await reasonOf(isNested ? failBelow(given) : fail(given));
      compare(error, given);
      if (!hasStack(given)) return;
      const hops = (error as Error).stack!.split("--- called remotely").length - 1;
      assert.equal(hops, isNested ? 2 : 1);
    }),
    { numRuns: 150, endOnFailure: true },
  );
});

test("in a batch of map each failure arrives alike", async () => {
  const fail = remote((given: ErrorPlan) => {
    throw build(given);
  });
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 5 }), async (plans) => {
      const outcomes = await fail.map(plans, { settled: true, batchSize: 5 });
      for (const [index, given] of plans.entries()) {
        const outcome = outcomes[index]!;
        assert.equal(outcome.status, "rejected");
        compare(outcome.reason, given);
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});

test("what is no error is thrown as it is, or as an error that says what it was", async () => {
  const throwing = remote((make: () => unknown) => {
    throw make();
  });
  const kept: (() => unknown)[] = [() => undefined, () => null, () => "s", () => 3n, () => [1, {}]];
  for (const make of kept) assert.deepEqual(await reasonOf(throwing(make)), make());
  assert.equal(String(await reasonOf(throwing(() => Symbol("here")))), "Symbol(here)");
  const lost: [() => unknown, RegExp][] = [
    [() => Promise.resolve(1), /\[Promise\]/],
    [() => new WeakMap(), /\[WeakMap\]/],
  ];
  for (const [make, what] of lost) {
    const error = await reasonOf(throwing(make));
    assert(error instanceof Error);
    assert.match(error.message, /^Cannot say what the task failed with, /);
    assert.match(error.message, what);
  }
  const mixed = await reasonOf(throwing(() => ({ code: 5, socket: new WeakMap() })));
  assert.deepEqual(mixed, { code: 5, socket: "[WeakMap]" });
});

test("a Proxy whose traps throw, or a revoked one, fails the task all the same", async () => {
  const trap = (): never => {
    throw new Error("trap");
  };
  const fail = remote((isRevoked: boolean) => {
    const traps = { get: trap, getPrototypeOf: trap, ownKeys: trap };
    const { proxy, revoke } = Proxy.revocable(new Error("behind"), isRevoked ? {} : traps);
    if (isRevoked) revoke();
    throw proxy;
  });
  for (const isRevoked of [true, false]) {
    const error = await reasonOf(fail(isRevoked));
    assert(error instanceof Error);
    assert.match(error.message, /revoked|behind/i);
  }
});
