/** `get`, `wait` and `asCompleted`: deadlines, signals, orders. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { asCompleted, get, put, remote, wait, type ObjectRef } from "mobula";
import { takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const afterPermit = remote(
  async (path: string, value: unknown) => {
    await takePermit(path);
    return value;
  },
  { numCpus: 0.1 },
);
const after = afterPermit as unknown as <T>(path: string, value: T) => ObjectRef<T>;
const fail = remote((): number => {
  throw new RangeError("failed");
});

function gate(): { path: string; open: () => void } {
  const permits = fixture.sandbox.permits();
  return { path: permits.path, open: () => permits.give() };
}

test("get of one ref, of many, of none", async () => {
  assert.equal(await get(put("one")), "one");
  assert.deepEqual(await get([put(1), put("b"), after(opened(), true)]), [1, "b", true]);
  assert.deepEqual(await get([]), []);
  await assert.rejects(get([put(1), fail()]), RangeError);
});

function opened(): string {
  const { path, open } = gate();
  open();
  return path;
}

test("get with a deadline rejects, and the task goes on", async () => {
  const { path, open } = gate();
  const ref = after(path, 7);
  await assert.rejects(get(ref, { timeoutMs: 20 }), {
    name: "GetTimeoutError",
    code: "GET_TIMEOUT",
    message: "Cannot get 1 value: not ready within timeoutMs of 20; the tasks go on",
    timeoutMs: 20,
  });
  await assert.rejects(get([ref, put(1)], { timeoutMs: 0 }), { code: "GET_TIMEOUT" });
  await assert.rejects(get([ref, ref], { timeoutMs: 1 }), {
    message: "Cannot get 2 values: not ready within timeoutMs of 1; the tasks go on",
    timeoutMs: 1,
  });
  open();
  assert.equal(await get(ref, { timeoutMs: Infinity }), 7);
  assert.equal(await get(ref, { timeoutMs: 0 }), 7);
});

test("get and wait reject with the reason of their signal", async () => {
  const { path, open } = gate();
  const ref = after(path, 1);
  const reason = { any: "value" };
  const controller = new AbortController();
  const { signal } = controller;
  const calls = [get(ref, { signal }), get([ref], { signal }), wait([ref], { signal })];
  controller.abort(reason);
  for (const settled of await Promise.allSettled([...calls, get(ref, { signal })])) {
    assert.equal(settled.status, "rejected");
    assert.equal(settled.reason, reason);
  }
  open();
  assert.equal(await ref, 1);
});

test("wait gives what is ready, and the rest, in the order given", async () => {
  const gates = [gate(), gate(), gate()];
  const refs: ObjectRef<number>[] = gates.map(({ path }, i) => after(path, i));
  gates[1]!.open();
  const first = await wait(refs);
  assert.deepEqual(
    [ids(first.ready), ids(first.pending)],
    [ids([refs[1]!]), ids([refs[0]!, refs[2]!])],
  );
  gates[2]!.open();
  const second = await wait(refs, { count: 2 });
  assert.deepEqual(ids(second.ready), ids([refs[1]!, refs[2]!]));
  const none = await wait(first.pending.slice(0, 1), { timeoutMs: 5 });
  assert.deepEqual([ids(none.ready), ids(none.pending)], [[], ids([refs[0]!])]);
  gates[0]!.open();
  const all = await wait(new Set(refs), { count: 3 });
  assert.deepEqual([ids(all.ready), all.pending], [ids(refs), []]);
  const ready = await wait(refs, { count: 1 });
  assert.deepEqual(
    [ids(ready.ready), ids(ready.pending)],
    [ids(refs.slice(0, 1)), ids(refs.slice(1))],
  );
});

function ids(refs: readonly ObjectRef<unknown>[]): string[] {
  return refs.map((ref) => ref.id);
}

test("wait counts failed refs as ready and does not throw", async () => {
  const failed = fail();
  const { ready, pending } = await wait([failed, failed], { count: 2 });
  assert.deepEqual([ready.length, pending.length], [2, 0]);
  await assert.rejects(failed, RangeError);
  assert.deepEqual(await wait([]), { ready: [], pending: [] });
});

test("wait asked for more than there is waits for all", async () => {
  const { ready } = await wait([put(1), put(2)], { count: 5 });
  assert.equal(ready.length, 2);
});

test("asCompleted gives refs as they get ready, failed ones too", async () => {
  const gates = [gate(), gate(), gate()];
  const refs = gates.map(({ path }, i) => after(path, i));
  const failed = fail();
  const seen: string[] = [];
  const order = [2, 0, 1];
  let opened = 0;
  for await (const ref of asCompleted([...refs, failed])) {
    assert.equal(Object.prototype.toString.call(ref), "[object ObjectRef]");
    seen.push(ref.id);
    if (opened < order.length) gates[order[opened++]!]!.open();
  }
  const expected = [failed, refs[2]!, refs[0]!, refs[1]!];
  assert.deepEqual(seen, ids(expected));
  await assert.rejects(failed, RangeError);
});

test("asCompleted can be left early, and asked ahead", async () => {
  const { path, open } = gate();
  const refs = [after(path, 1), put(2)];
  for await (const ref of asCompleted(refs)) {
    assert.equal(ref.id, refs[1]!.id);
    break;
  }
  const iterator = asCompleted(refs)[Symbol.asyncIterator]();
  const answers = [iterator.next(), iterator.next(), iterator.next()];
  open();
  const [first, second, end] = await Promise.all(answers);
  assert.deepEqual([first!.value?.id, second!.value?.id], [refs[1]!.id, refs[0]!.id]);
  assert.deepEqual(end, { done: true, value: undefined });
});

test("wait and get work within tasks", async () => {
  const { path, open } = gate();
  const outer = remote(async (refs: ObjectRef<number>[]) => {
    const { ready, pending } = await wait(refs);
    const quick = await Promise.allSettled([get(pending, { timeoutMs: 1 })]);
    return [ready.length, pending.length, quick[0].status, await get(ready[0]!)];
  });
  const slow = after(path, 1);
  assert.deepEqual(await outer([slow, put(5)]), [1, 1, "rejected", 5]);
  open();
  assert.equal(await slow, 1);
});
