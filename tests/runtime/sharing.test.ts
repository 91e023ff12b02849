/** Refs that travel between processes: they live for as long as anybody has them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, put, remote, type ObjectRef } from "mobula";
import { collectGarbage } from "../support/garbage.ts";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { eventually } from "../support/within.ts";

const fixture = useRuntime();

/** Keeps what it is given until it gets a permit, then reads it. */
const keep = remote(
  async (events: string, permits: string, [ref]: ObjectRef<number[]>[]) => {
    announce(events, String(process.pid));
    await takePermit(permits);
    return (await ref!)[0];
  },
  { numCpus: 0.1 },
);

test("a value put here is read there after everybody here has let go", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const ref = put([11]);
  const result = keep(events.path, permits.path, [ref]);
  ref[Symbol.dispose]();
  await events.next();
  await collectGarbage();
  permits.give();
  assert.equal(await result, 11);
});

test("from hand to hand: A gives to B, B to C, and A and B let go", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const pass = remote(
    (events: string, permits: string, refs: ObjectRef<number[]>[]) => [keep(events, permits, refs)],
    { env: { MOBULA_TEST_PLACE: "middle" } },
  );
  const ref = put([22]);
  const passed = pass(events.path, permits.path, [ref]);
  ref[Symbol.dispose]();
  const [result] = await passed;
  passed[Symbol.dispose]();
  await events.next();
  await collectGarbage();
  permits.give();
  assert.equal(await result, 22);
});

test(
  "what a worker put or called outlives the worker that made it",
  processesOnly("it kills one"),
  async () => {
    const make = remote(() => {
      const inner = remote((n: number) => [n]);
      return { pid: process.pid, stored: put([33]), called: inner(44) };
    });
    const { pid, stored, called } = await make();
    await Promise.all([stored.then(), called.then()]);
    process.kill(pid, "SIGKILL");
    await fixture.gone(pid);
    assert.deepEqual(await get([stored, called]), [[33], [44]]);
    const read = remote((a: number[], b: number[]) => a[0]! + b[0]!);
    // Until this process knows of the end, a task may still be given to that worker.
    await eventually(async () => {
      const [sum] = await Promise.allSettled([read(stored, called)]);
      if (sum.status === "fulfilled") assert.equal(sum.value, 77);
      return sum.status === "rejected" ? String(sum.reason) : undefined;
    });
  },
);

test(
  "an object whose owner is killed before it gave it away is lost, and says so",
  processesOnly("it kills one"),
  async () => {
    const events = fixture.sandbox.events();
    const permits = fixture.sandbox.permits();
    const make = remote((events: string, permits: string) => {
      return { pid: process.pid, slow: keep(events, permits, [put([1])]) };
    });
    const { pid, slow } = await make(events.path, permits.path);
    await events.next();
    process.kill(pid, "SIGKILL");
    await assert.rejects(slow, (error: Error & { objectId?: string }) => {
      assert.equal(error.name, "OwnerDiedError");
      const [makerId] = slow.id.split("-");
      assert.equal(
        error.message,
        `Cannot get object ${slow.id}: it was made by process ${makerId}, the process that owned ` +
          "it has ended, and no other knows how to make it again; return the value itself, or " +
          "keep its owner alive",
      );
      assert.equal(error.objectId, slow.id);
      return true;
    });
    permits.give();
  },
);

test("the same ref in many places is one object", async () => {
  const ref = put(["shared"]);
  const read = remote(async (refs: ObjectRef<string[]>[]) => {
    const values = await Promise.all(refs);
    return [new Set(refs.map((one) => one.id)).size, values.length, values[0]![0]];
  });
  const calls = Array.from({ length: 10 }, () => read(Array.from({ length: 10 }, () => ref)));
  for (const result of await Promise.all(calls)) assert.deepEqual(result, [1, 10, "shared"]);
});

test(
  "a worker that owns live objects is not trimmed; it is when they are gone",
  processesOnly("it counts them"),
  async () => {
    const make = remote(() => ({ pid: process.pid, ref: put(new Uint8Array(1_000).fill(5)) }), {
      env: { MOBULA_TEST_PLACE: "trimmed" },
    });
    const refs = await Promise.all([make(), make(), make()]);
    const bytes = await get(refs.map(({ ref }) => ref));
    assert.equal(bytes[2]![999], 5);
    const workers = (): number => fixture.sandbox.pidsOf("mobula worker").length;
    await eventually(() => (workers() <= 3 ? undefined : `${workers()} workers`));
    assert.equal((await refs[0].ref)[0], 5);
  },
);

test("ten thousand refs, there and back", async () => {
  const back = remote((refs: ObjectRef<number>[]) => refs.slice().reverse());
  const refs = Array.from({ length: 10_000 }, (_, n) => put(n));
  const returned = await back(refs);
  assert.equal(returned.length, 10_000);
  assert.equal(returned[0]!.id, refs.at(-1)!.id);
  const sum = (await get(returned)).reduce((a, b) => a + b, 0);
  assert.equal(sum, (9_999 * 10_000) / 2);
});
