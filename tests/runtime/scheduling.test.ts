/** Order and place of tasks: priority, resources, context. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { context, remote, UnschedulableError } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ resources: { gpu: 1.5, tenths: 0.3 } });

const hold = remote(async (events: string, permits: string, name: string) => {
  announce(events, name);
  await takePermit(permits);
  return name;
});

test("higher priority first; the order of the calls among equals", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const both = hold.options({ numCpus: 2 });
  const first = both(events.path, permits.path, "holder");
  assert.equal(await events.next(), "holder");
  const order: [string, number][] = [
    ["a0", 0],
    ["b5", 5],
    ["c-1", -1],
    ["d5", 5],
    ["e0", 0],
    ["f0.5", 0.5],
  ];
  const refs = order.map(([name, priority]) =>
    both.options({ priority })(events.path, permits.path, name),
  );
  permits.give(7);
  await Promise.all([first, ...refs]);
  const started: string[] = [];
  while (started.length < order.length) started.push(await events.next());
  assert.deepEqual(started, ["b5", "d5", "f0.5", "a0", "e0", "c-1"]);
});

/** Expects `together` of `count` such tasks to run at the same time, and never more. */
async function assertTogether(
  together: number,
  count: number,
  options: Parameters<typeof hold.options>[0],
): Promise<void> {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const report = remote(
    async (events: string, permits: string) => {
      announce(events, "start");
      await takePermit(permits);
      announce(events, "end");
    },
    { name: "report" },
  );
  const configured = report.options(options);
  const refs = Array.from({ length: count }, () => configured(events.path, permits.path));
  for (let i = 0; i < together; i++) assert.equal(await events.next(), "start");
  permits.give(count);
  await Promise.all(refs as unknown as Promise<void>[]);
  let running = together;
  for (let i = together; i < 2 * count; i++) {
    running += (await events.next()) === "start" ? 1 : -1;
    assert(running <= together, `${running} ran together`);
  }
}

test("fractions of CPUs and custom resources bound what runs together", async () => {
  await assertTogether(1, 3, { numCpus: 2 });
  await assertTogether(2, 5, {});
  await assertTogether(4, 8, { numCpus: 0.5 });
  await assertTogether(3, 6, { numCpus: 0, resources: { gpu: 0.5 } });
  await assertTogether(1, 3, { numCpus: 0.1, resources: { gpu: 1 } });
});

test("tenths add up without rounding errors", async () => {
  const { total, available } = await fixture.runtime.resources();
  assert.deepEqual([total["CPU"], total["gpu"], total["tenths"]], [2, 1.5, 0.3]);
  assert.deepEqual(available, total);
  await assertTogether(3, 6, { numCpus: 0, resources: { tenths: 0.1 } });
});

test("what the machine can never give fails at once and says what it has", async () => {
  const never = remote(() => 1);
  const cases: [Parameters<typeof never.options>[0], string, number, number, string][] = [
    [{ numCpus: 3 }, "CPU", 3, 2, "numCpus"],
    [{ numCpus: 2.1 }, "CPU", 2.1, 2, "numCpus"],
    [{ resources: { gpu: 2 } }, "gpu", 2, 1.5, "resources"],
    [{ resources: { tpu: 0.5 } }, "tpu", 0.5, 0, "resources"],
    [{ memoryBytes: 2 ** 50 }, "memory", 2 ** 50, Number.NaN, "memoryBytes"],
  ];
  for (const [options, resource, requested, total, option] of cases) {
    const [settled] = await Promise.allSettled([never.options(options)()]);
    assert(settled.status === "rejected");
    const error: unknown = settled.reason;
    assert(error instanceof UnschedulableError, String(error));
    assert.deepEqual(
      [error.code, error.resource, error.requested],
      ["UNSCHEDULABLE", resource, requested],
    );
    if (!Number.isNaN(total)) assert.equal(error.total, total);
    const start = `Cannot schedule task: it needs ${requested} of ${resource}, this machine has { `;
    assert(error.message.startsWith(start), error.message);
    for (const has of ["CPU: 2", "gpu: 1.5", "tenths: 0.3"]) assert(error.message.includes(has));
    const advice = `; ask for less, or offer more with init({ ${option} })`;
    assert(error.message.endsWith(advice), error.message);
  }
  assert.equal(await never(), 1);
});

test("context: in the driver, in tasks, in tasks of tasks", async () => {
  const here = context();
  assert.equal(here.taskId, undefined);
  assert.equal(here.signal.aborted, false);
  const look = remote(function look() {
    const { signal, ...rest } = context();
    return { ...rest, aborted: signal.aborted, pid: process.pid };
  });
  const options = { numCpus: 0.5, resources: { gpu: 1 }, name: "named" };
  const there = await look.options(options)();
  assert.equal(there.jobId, here.jobId);
  assert.equal(there.nodeId, here.nodeId);
  assert.notEqual(there.workerId, here.workerId);
  assert.deepEqual([there.taskName, there.attempt, there.aborted], ["named", 1, false]);
  assert.deepEqual(there.resources, { CPU: 0.5, gpu: 1 });
  assert.match(there.taskId!, /./);
  assert.notEqual((await look()).taskId, there.taskId);
  const nested = remote(async () => [context().taskId, (await look()).taskId, context().taskId]);
  const [before, inner, after] = await nested();
  assert.equal(before, after);
  assert.notEqual(before, inner);
  const afterAwait = remote(async () => {
    const first = context().taskId;
    await new Promise((resolve) => setTimeout(resolve, 1));
    return first === context().taskId;
  });
  assert.deepEqual(await Promise.all([afterAwait(), afterAwait(), afterAwait()]), [
    true,
    true,
    true,
  ]);
});

test(
  "variables of a task's environment reach it and nobody else",
  processesOnly("there is one environment"),
  async () => {
    const read = remote(() => process.env["MOBULA_TEST_VALUE"]);
    const values = await Promise.all([read.options({ env: { MOBULA_TEST_VALUE: "x" } })(), read()]);
    assert.deepEqual(values, ["x", undefined]);
  },
);

test("memoryBytes bounds the worker's heap", processesOnly("there is one heap"), async () => {
  const limit = remote(async () => (await import("node:v8")).getHeapStatistics().heap_size_limit);
  const limitBytes = await limit.options({ memoryBytes: 100 * 2 ** 20 })();
  assert(limitBytes <= 100 * 2 ** 20, String(limitBytes));
});
