/** Tasks that wait for tasks, and what happens when one of them goes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, get, put, remote, wait, type ObjectRef } from "mobula";
import { processesOnly, useRuntime } from "../support/runtime.ts";

useRuntime();

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
  const pidOf = remote(() => process.pid);
  const spin = remote(() => {
    for (;;);
  });
  const ref = spin();
  await wait([ref], { timeoutMs: 100 });
  cancel(ref);
  await assert.rejects(ref, { code: "TASK_CANCELLED" });
  cancel(ref, { force: true });
  assert.equal((await Promise.all([pidOf(), pidOf(), pidOf()])).length, 3);
});

test("a cancelled task calls nothing any more", async () => {
  const parent = remote(async () => {
    await new Promise((resolve) => context().signal.addEventListener("abort", resolve));
    return String(await identity(1).catch((error: Error) => error.name));
  });
  const ref = parent();
  await wait([ref], { timeoutMs: 50 });
  cancel(ref);
  await assert.rejects(ref, { code: "TASK_CANCELLED" });
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
  const parent = remote(async () => {
    const spin = remote((): number => {
      for (;;);
    });
    const child = spin.options({ numCpus: 0.5, timeoutMs: 60_000 })();
    await wait([child], { timeoutMs: 200 });
    process.exit(3);
  });
  await assert.rejects(parent(), { code: "WORKER_CRASHED", exitCode: 3 });
  assert.deepEqual(await Promise.all([1, 2, 3, 4].map((x) => identity(x))), [1, 2, 3, 4]);
});

test("get with a deadline leaves the waiting when it is over", async () => {
  const parent = remote(
    async () => {
      const late = remote(() => new Promise((resolve) => setTimeout(resolve, 300)))();
      const outcome = await get(late, { timeoutMs: 10 }).catch((error: Error) => error.name);
      await late;
      return outcome;
    },
    { numCpus: 1 },
  );
  assert.equal(await parent(), "GetTimeoutError");
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
