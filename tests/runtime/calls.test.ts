/** Remote calls: arguments, options, refs as arguments, results of any kind. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { context, put, remote, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const add = remote((a: number, b: number) => a + b);
const fail = remote((text: string): number => {
  throw new RangeError(text);
});

test("a call gives a ref at once, and the ref the value", async () => {
  const ref = add(1, 2);
  assert.equal(typeof ref.then, "function");
  assert.equal(Object.prototype.toString.call(ref), "[object ObjectRef]");
  assert.equal(await ref, 3);
  assert.equal(await ref, 3);
  assert.deepEqual(await Promise.all([ref, add(3, 4)]), [3, 7]);
});

test("results and arguments are copies", async () => {
  const grow = remote((list: number[]) => {
    list.push(1);
    return list;
  });
  const list = [0];
  const ref = grow(list);
  const [first, second] = [await ref, await ref];
  assert.deepEqual([list, first, second], [[0], [0, 1], [0, 1]]);
  assert.notEqual(first, second);
});

test("async bodies, and bodies that return nothing", async () => {
  assert.equal(await remote(async (n: number) => await Promise.resolve(n + 1))(1), 2);
  assert.equal(await remote(() => undefined)(), undefined);
  assert.equal(await remote(async () => {})(), undefined);
  assert.equal(await remote(() => null)(), null);
});

test("refs as arguments arrive as their values, wherever these are", async () => {
  const sum = add(add(1, 2), put(4));
  assert.equal(await add(sum, add(sum, 1)), 15);
  const bytes = put(new Uint8Array(100_000).fill(7));
  const total = remote((b: Uint8Array) => b.reduce((x, y) => x + y, 0));
  assert.deepEqual(await Promise.all([total(bytes), total(bytes)]), [700_000, 700_000]);
});

test("the task starts when the last of its arguments is there", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const slow = remote(async (events: string, permits: string) => {
    announce(events, "slow started");
    await takePermit(permits);
    return 5;
  });
  const late = remote((events: string, n: number) => {
    announce(events, "late started");
    return n;
  });
  const result = late(events.path, slow(events.path, permits.path));
  assert.equal(await events.next(), "slow started");
  assert.equal(await add(1, 1), 2);
  assert.deepEqual(events.pending, []);
  permits.give();
  assert.equal(await result, 5);
  assert.equal(await events.next(), "late started");
});

test("a failed ref as argument: the task does not run and fails with the same error", async () => {
  const events = fixture.sandbox.events();
  const use = remote((path: string, _n: number) => announce(path, "ran"));
  const failed = fail("no number");
  const results = await Promise.allSettled([
    use(events.path, failed),
    use(events.path, use(events.path, failed) as unknown as ObjectRef<number>),
    failed,
  ]);
  for (const result of results) {
    assert.equal(result.status, "rejected");
    assert(result.reason instanceof RangeError);
    assert.equal(result.reason.message, "no number");
  }
  assert.deepEqual(events.pending, []);
});

test("refs inside values stay refs, to the same objects", async () => {
  const open = remote(async ({ ref }: { ref: ObjectRef<number> }, list: ObjectRef<number>[]) => {
    return [typeof ref.then, await ref, ...(await Promise.all(list))];
  });
  const one = add(0, 1);
  const two = put(2);
  assert.deepEqual(await open({ ref: one }, [one, two, two]), ["function", 1, 1, 2, 2]);
  const same = remote((a: ObjectRef<number>[]) => a[0] === a[1] || a[0]!.id === a[1]!.id);
  assert.equal(await same([two, two]), true);
});

test("refs inside results come back as refs, and are usable again", async () => {
  const make = remote((n: number) => {
    const inner = remote((k: number) => k * 10);
    return { made: inner(n), stored: put([n]) };
  });
  const { made, stored } = await make(4);
  assert.equal(await made, 40);
  assert.deepEqual(await stored, [4]);
  assert.equal(await add(made, 2), 42);
});

test("numReturns gives a ref for each element", async () => {
  const divide = remote((a: number, b: number) => [Math.floor(a / b), a % b] as const, {
    numReturns: 2,
  });
  const [quotient, rest] = divide(17, 5);
  assert.deepEqual([await quotient, await rest], [3, 2]);
  assert.equal(await add(...divide(17, 5)), 5);
  const [only] = remote(() => ["one"], { numReturns: 1 })();
  assert.equal(await only, "one");
  const asyncMany = remote(async (n: number) => Array.from({ length: n }, (_, i) => ({ i })));
  const many = asyncMany.options({ numReturns: 100 })(100);
  assert.equal(many.length, 100);
  assert.deepEqual(await many[99], { i: 99 });
});

test("a result that is no array of numReturns elements fails all of its refs", async () => {
  const options = { numReturns: 2, name: "count" };
  const count = remote((n: number) => Array.from({ length: n }, () => 0), options);
  const text = (what: string): string =>
    `Cannot split the result of count: numReturns is 2, it returned ${what}; ` +
    "return an array of that length";
  for (const n of [0, 1, 3]) {
    const settled = await Promise.allSettled(count(n));
    assert.equal(settled.length, 2);
    for (const one of settled) {
      assert.equal(one.status, "rejected");
      assert.equal(one.reason.message, text(`${n} values`));
    }
  }
  const none = remote((): number[] => "ab" as unknown as number[], options);
  const [first] = await Promise.allSettled([...none()]);
  assert.equal(first?.status === "rejected" && first.reason.message, text("string"));
  const failTwice = remote((): number[] => {
    throw new Error("both");
  }, options);
  const thrown = await Promise.allSettled(failTwice());
  assert.deepEqual(
    thrown.map((one) => one.status === "rejected" && one.reason.message),
    ["both", "both"],
  );
});

test(".options gives a configured copy and leaves the original alone", async () => {
  const name = remote(function original() {
    return context().taskName;
  });
  const renamed = name.options({ name: "first" });
  const again = renamed.options({ priority: 1 });
  assert.deepEqual(await Promise.all([renamed(), again(), again.options({ name: "x" })()]), [
    "first",
    "first",
    "x",
  ]);
  assert.equal(await name(), "original");
  assert.equal(await remote(() => context().taskName)(), "anonymous");
});
