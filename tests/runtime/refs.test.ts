/** Refs as JavaScript values: promises, strings, disposal, thenables, collection. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { cancel, put, remote, type ObjectRef } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const identity = remote((value: unknown) => value) as <T>(value: T | ObjectRef<T>) => ObjectRef<T>;

test("then, catch and finally as of a promise", async () => {
  const ref = put(2);
  assert.equal(await ref.then((n) => n + 1), 3);
  assert.equal(await ref.then(null), 2);
  assert.equal(await ref.catch(() => 0), 2);
  let calls = 0;
  assert.equal(await ref.finally(() => calls++), 2);
  const failed = remote((): number => {
    throw new TypeError("no");
  })();
  assert.equal(await failed.catch((error: Error) => error.message.length), 2);
  assert.equal(
    await failed.then(
      () => "value",
      () => "reason",
    ),
    "reason",
  );
  await assert.rejects(
    failed.finally(() => calls++),
    TypeError,
  );
  assert.equal(calls, 2);
});

test("everybody who awaits a failed ref gets the same error", async () => {
  const failed = remote((): number => {
    throw new TypeError("no");
  })();
  const [first, second] = await Promise.allSettled([failed, failed.then()]);
  assert(first.status === "rejected" && second.status === "rejected");
  assert.equal(first.reason, second.reason);
});

test("refs are not turned into text or numbers by accident", () => {
  const ref = put(1);
  const loose = ref as unknown as number;
  const uses = [() => `${loose}`, () => loose + 1, () => loose * 2, () => JSON.stringify({ ref })];
  for (const use of uses) {
    assert.throws(use, (error: Error) => {
      assert(error instanceof TypeError);
      assert.match(error.message, /^Cannot use ref \S+ as a value: .*await it first/);
      return true;
    });
  }
});

test("inspect shows the state and never throws", async () => {
  const permits = fixture.sandbox.permits();
  const pending = remote(async (path: string) => takePermit(path))(permits.path);
  const failed = remote((): void => {
    throw new Error("x");
  })();
  await assert.rejects(failed);
  const shown = (ref: ObjectRef<unknown>): string => inspect(ref).replace(ref.id, "id");
  assert.equal(shown(pending), "ObjectRef(id) { <pending> }");
  assert.equal(shown(put(5)), "ObjectRef(id) { 5 }");
  assert.match(shown(put([1])), /^ObjectRef\(id\) \{ <\d+ bytes> \}$/);
  assert.equal(shown(failed), "ObjectRef(id) { <failed> }");
  cancel(pending);
  assert.equal(shown(pending), "ObjectRef(id) { <cancelled> }");
  await assert.rejects(pending);
  permits.give();
  const dropped = put(1);
  dropped[Symbol.dispose]();
  assert.equal(typeof inspect([dropped]), "string");
});

test("a disposed ref is refused, its task goes on, other refs live", async () => {
  const ref = identity([1]);
  const holder = identity([ref]);
  ref[Symbol.dispose]();
  ref[Symbol.dispose]();
  for (const use of [() => ref.then(), () => identity(ref), () => identity({ ref })]) {
    assert.throws(use, { message: /^Cannot use ref \S+: it is disposed/ });
  }
  const [same] = await holder;
  assert.deepEqual(await same!, [1]);
  {
    using other = put(2);
    assert.equal(await other, 2);
  }
});

test("a body that returns a ref: async bodies unwrap it, sync ones forward it", async () => {
  const sync = remote((n: number) => identity(n));
  const async_ = remote(async (n: number) => identity(n));
  assert.deepEqual(await Promise.all([sync(1), async_(2)]), [1, 2]);
  const fails = remote(() =>
    remote((): number => {
      throw new RangeError("inner");
    })(),
  );
  await assert.rejects(fails(), RangeError);
  assert.equal(await remote(() => put("stored"))(), "stored");
});

test("thenables are values of promises in async code, and plain data otherwise", async () => {
  const thenable = remote(() => ({ then: (resolve: (n: number) => void) => resolve(7) }));
  assert.equal(await (thenable() as Promise<unknown>), 7);
  const withThen = put({ then: "a property", n: 1 });
  assert.deepEqual(await withThen, { then: "a property", n: 1 });
  const read = remote((value: { n: number }) => value.n);
  assert.equal(await read(withThen), 1);
});

test("a pending await keeps its ref alive", async () => {
  const permits = fixture.sandbox.permits();
  const slow = remote(async (path: string) => {
    await takePermit(path);
    return [9];
  });
  const results = [slow(permits.path), slow(permits.path).then((list) => list[0])].map(
    async (ref) => await ref,
  );
  const nested = identity([identity("kept")]).then(([ref]) => ref!.then());
  await collectGarbage();
  permits.give(2);
  assert.deepEqual(await Promise.all([...results, nested]), [[9], 9, "kept"]);
});

test("a ref that is dropped does not end its task; what others hold stays", async () => {
  const refs = Array.from({ length: 100 }, (_, n) => identity([n]));
  const kept = identity(refs.slice(50));
  refs.length = 0;
  await collectGarbage();
  const values = await Promise.all(await kept);
  assert.deepEqual(values[49], [99]);
});
