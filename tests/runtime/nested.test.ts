/** Tasks that call tasks: awaiting frees the CPU, recursion needs few processes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { init, put, remote, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { eventually } from "../support/within.ts";

const fixture = useRuntime();

const fib: (n: number) => ObjectRef<number> = remote(async (n: number): Promise<number> => {
  if (n < 2) return n;
  const [a, b] = await Promise.all([fib(n - 1), fib(n - 2)]);
  return a + b;
});

test("recursion needs no more processes than cores + 1", async () => {
  const result = fib(14);
  let most = 0;
  let done = false;
  const finished = result.then((value) => {
    done = true;
    return value;
  });
  while (!done) {
    most = Math.max(most, fixture.sandbox.pidsOf("mobula worker").length);
    await new Promise(setImmediate);
  }
  assert.equal(await finished, 377);
  assert(most <= 3, `${most} workers`);
});

test("a chain of waiting tasks deeper than there are cores does not block", async () => {
  const chain: (depth: number) => ObjectRef<number> = remote(
    async (depth: number): Promise<number> => (depth === 0 ? 0 : 1 + (await chain(depth - 1))),
  );
  assert.equal(await chain(200), 200);
});

test("a parent that needs all cores frees them while it waits", async () => {
  const child = remote((n: number) => n + 1).options({ numCpus: 2 });
  const parent = remote(async (n: number) => (await child(n)) + (await child(n))).options({
    numCpus: 2,
  });
  assert.deepEqual(await Promise.all([parent(1), parent(2)]), [4, 6]);
});

test("two tasks that wait for each other's children", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const leaf = remote(async (events: string, permits: string, name: string) => {
    announce(events, name);
    await takePermit(permits);
    return name;
  });
  const parent = remote(async (events: string, permits: string, name: string) =>
    leaf(events, permits, name),
  );
  const refs = ["a", "b", "c"].map((name) => parent(events.path, permits.path, name));
  // Two leaves run at the same time: their parents hold no CPU.
  const running = [await events.next(), await events.next()];
  permits.give(2);
  const third = await events.next();
  permits.give();
  assert.deepEqual([...running, third].sort(), ["a", "b", "c"]);
  assert.deepEqual(await Promise.all(refs), ["a", "b", "c"]);
});

test("a waiting parent's CPU goes to tasks of others", async () => {
  const permits = fixture.sandbox.permits();
  const hold = remote(async (path: string) => takePermit(path));
  const waiting = remote(async (ref: ObjectRef<void>[]) => ref[0]!.then(() => "woke"));
  const held = hold.options({ numCpus: 0 })(permits.path);
  const parents = [waiting([held]), waiting([held])];
  const heavy = remote(() => "ran").options({ numCpus: 2 });
  assert.equal(await heavy(), "ran");
  permits.give();
  assert.deepEqual(await Promise.all(parents), ["woke", "woke"]);
});

test("children that nobody awaits are finished", async () => {
  const events = fixture.sandbox.events();
  const child = remote((events: string) => announce(events, "child ran"));
  const parent = remote((events: string) => {
    void child(events);
  });
  await parent(events.path);
  assert.equal(await events.next(), "child ran");
});

test("put, get and functions made in tasks", async () => {
  const task = remote(async (base: number) => {
    const stored = put({ base });
    const inner = remote((value: { base: number }, k: number) => value.base * k);
    return await Promise.all([1, 2, 3].map((k) => inner(stored, k)));
  });
  assert.deepEqual(await task(5), [5, 10, 15]);
});

test("init in a task joins the runtime", async () => {
  const inside = remote(async () => {
    const { total } = await (await init()).resources();
    return total["CPU"];
  });
  assert.equal(await inside(), 2);
});

test(
  "workers beyond the cores end when they are idle",
  processesOnly("it counts them"),
  async () => {
    const events = fixture.sandbox.events();
    const permits = fixture.sandbox.permits();
    const hold = remote(async (events: string, permits: string) => {
      announce(events, "held");
      await takePermit(permits);
    }).options({ numCpus: 0.25 });
    const refs = Array.from({ length: 8 }, () => hold(events.path, permits.path));
    for (let i = 0; i < refs.length; i++) await events.next();
    assert(fixture.sandbox.pidsOf("mobula worker").length >= 8);
    permits.give(8);
    await Promise.all(refs);
    await eventually(() => {
      const { length } = fixture.sandbox.pidsOf("mobula worker");
      return length <= 3 ? undefined : `${length} workers`;
    });
  },
);
