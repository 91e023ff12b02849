/** Tasks that wait for tasks, and what happens when one of them goes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, get, put, remote, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const identity = remote((x: number) => x);

test("tasks that wait for a task queued behind them on all cores get it", async () => {
  const starts: ObjectRef<number>[] = [];
  const wantsLast = remote(async (refs: { last: ObjectRef<number> }[]) => await refs[0]!.last);
  const slow = remote(async () => await new Promise<number>((resolve) => setImmediate(resolve, 7)));
  const gate = identity(slow());
  for (let i = 0; i < 4; i++) starts.push(wantsLast([{ last: gate }]));
  assert.deepEqual(await Promise.all(starts), [7, 7, 7, 7]);
});

test("deep recursion of tasks with a deadline ends", async () => {
  const down: (depth: number) => ObjectRef<number> = remote(
    async (depth: number): Promise<number> => (depth === 0 ? 0 : 1 + (await down(depth - 1))),
    { timeoutMs: 30_000 },
  );
  assert.equal(await down(6), 6);
});

test("a child that runs beside its parent gets copies like any other", async () => {
  const parent = remote(async () => {
    const list = put([0]);
    const write = remote((given: number[]) => given.push(99));
    const lengths = [await write(list), await write(list)];
    return { lengths, list: await list };
  });
  assert.deepEqual(await parent(), { lengths: [2, 2], list: [0] });
});

test("cancel first, by force later", processesOnly("it blocks the process"), async () => {
  const events = fixture.sandbox.events();
  const pidOf = remote(() => process.pid);
  const spin = remote((events: string) => {
    announce(events, "spins");
    for (;;);
  });
  const ref = spin(events.path);
  await events.take("spins");
  cancel(ref);
  await assert.rejects(ref, { code: "TASK_CANCELLED" });
  cancel(ref, { force: true });
  assert.equal((await Promise.all([pidOf(), pidOf(), pidOf()])).length, 3);
});

test("a cancelled task calls nothing any more", async () => {
  const events = fixture.sandbox.events();
  const child = remote((events: string) => announce(events, "child ran"));
  const parent = remote(async (events: string) => {
    const { signal } = context();
    announce(events, "waits");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    try {
      await child(events);
    } catch (error) {
      announce(events, (error as Error).name);
    }
  });
  const ref = parent(events.path);
  await events.take("waits");
  cancel(ref);
  await assert.rejects(ref, { code: "TASK_CANCELLED" });
  assert.equal(await events.next(), "TaskCancelledError");
  // It has all cores, when all that was called before has had its turn.
  await child.options({ numCpus: 2 })(events.path);
  assert.equal(await events.next(), "child ran");
  assert.deepEqual(events.pending, []);
});

test("a ref that a task returned can be cancelled", async () => {
  const make = remote(() => ({
    inner: remote(
      () => new Promise((resolve) => context().signal.addEventListener("abort", resolve)),
    )(),
  }));
  const { inner } = await make();
  cancel(inner);
  await assert.rejects(inner, { code: "TASK_CANCELLED" });
});

test("what a dead task had called goes with it", processesOnly("it ends the process"), async () => {
  const [events, permits] = [fixture.sandbox.events(), fixture.sandbox.permits()];
  const parent = remote(
    async (events: string, permits: string) => {
      const spin = remote((events: string): number => {
        announce(events, process.pid);
        for (;;);
      });
      void spin.options({ numCpus: 0.5, timeoutMs: 60_000 })(events);
      await takePermit(permits);
      process.exit(3);
    },
    { maxRetries: 0 },
  );
  const ref = parent(events.path, permits.path);
  const pid = Number(await events.next());
  permits.give();
  await assert.rejects(ref, { code: "WORKER_CRASHED", exitCode: 3 });
  await fixture.gone(pid);
  assert.deepEqual(await Promise.all([1, 2, 3, 4].map((x) => identity(x))), [1, 2, 3, 4]);
});

test("get with a deadline leaves the waiting when it is over", async () => {
  const [events, permits] = [fixture.sandbox.events(), fixture.sandbox.permits()];
  const late = remote(async (permits: string) => {
    await takePermit(permits);
    return "late";
  });
  const parent = remote(
    async (events: string, permits: string) => {
      const ref = late(permits);
      const outcome = await get(ref, { timeoutMs: 10 }).catch((error: Error) => error.name);
      announce(events, outcome);
      return await ref;
    },
    { numCpus: 1 },
  );
  const ref = parent(events.path, permits.path);
  assert.equal(await events.next(), "GetTimeoutError");
  permits.give();
  assert.equal(await ref, "late");
});

test("of a settled map only the item that cannot be sent fails", async () => {
  const make = remote((x: number) => (x === 3 ? new WeakMap() : x));
  const results = await make.map([1, 2, 3, 4, 5], { settled: true, batchSize: 5 });
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
});

test("one signal for many calls is one listener", async () => {
  const warnings: string[] = [];
  const note = (warning: Error): void => void warnings.push(warning.name);
  process.on("warning", note);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 40 }, (_, i) => identity.options({ signal })(i)));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  assert.deepEqual(warnings, []);
});
