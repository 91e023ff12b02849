/** `timeoutMs`: a limit of the running time, also for bodies that block their process. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { context, get, remote } from "mobula";
import { isSaid } from "../support/forced.ts";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { isRunning } from "../support/processes.ts";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const spin = remote(function spin(events: string) {
  announce(events, String(process.pid));
  for (;;);
});
const hold = remote(async (permits: string) => takePermit(permits));

test("an async body learns of it by its signal; the worker stays", async () => {
  const sleepy = remote(async function sleepy(events: string) {
    const { signal } = context();
    announce(events, process.pid);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    announce(events, (signal.reason as Error).name);
  });
  let learnt = 0;
  for (let round = 0; round < 3; round++) {
    const events = fixture.sandbox.events();
    const ref = sleepy.options({ timeoutMs: 30 })(events.path);
    const pid = Number(await events.next());
    await assert.rejects(ref, {
      name: "TaskTimeoutError",
      code: "TASK_TIMEOUT",
      timeoutMs: 30,
      message:
        "Cannot finish task sleepy: it ran for longer than its timeoutMs of 30; " +
        "give it more time, or less to do",
    });
    if (!(await isSaid(events, "TaskTimeoutError", pid))) continue;
    learnt++;
    assert(isRunning(pid));
  }
  assert(learnt > 0, "each time it was ended before it learnt of it");
});

test(
  "a body that blocks is ended with its worker, and the next task runs",
  processesOnly("it blocks the process"),
  async () => {
    const events = fixture.sandbox.events();
    const refs = [1, 2, 3].map(() => spin.options({ timeoutMs: 100 })(events.path));
    for (const one of await Promise.allSettled(refs)) {
      assert.equal(one.status === "rejected" && one.reason.name, "TaskTimeoutError");
    }
    for (const pid of events.pending) await fixture.gone(Number(pid));
    assert.equal(await remote(() => "alive")(), "alive");
  },
);

test(
  "neighbours of a task that is ended keep their results",
  processesOnly("it blocks the process"),
  async () => {
    const events = fixture.sandbox.events();
    const quick = remote((n: number) => n);
    await Promise.all(Array.from({ length: 50 }, (_, n) => quick(n)));
    const ended = spin.options({ timeoutMs: 50 })(events.path);
    const results = Array.from({ length: 200 }, (_, n) => quick(n));
    await assert.rejects(ended, { name: "TaskTimeoutError" });
    assert.deepEqual(await Promise.all(results), [...Array(200).keys()]);
  },
);

test("the time counts from the start, not from the call", async () => {
  const permits = fixture.sandbox.permits();
  const holders = [hold(permits.path), hold(permits.path)];
  const late = remote(() => "done").options({ timeoutMs: 1_000 })();
  const expired = remote(async () => new Promise(() => {})).options({ timeoutMs: 60 });
  const other = expired.options({ numCpus: 0 })();
  await assert.rejects(other, { name: "TaskTimeoutError" });
  permits.give(2);
  await Promise.all(holders);
  assert.equal(await late, "done");
});

test(
  "what was done in time counts, also if the program was too busy to look",
  processesOnly("it blocks the program"),
  async () => {
    const [events, permits] = [fixture.sandbox.events(), fixture.sandbox.permits()];
    const marker = fixture.sandbox.newPath();
    const limited = remote(async (events: string, permits: string, marker: string) => {
      announce(events, "started");
      await takePermit(permits);
      process.getBuiltinModule("node:fs").writeFileSync(marker, "");
      return "done";
    });
    const timeoutMs = 200;
    const ref = limited.options({ timeoutMs })(events.path, permits.path, marker);
    assert.equal(await events.next(), "started");
    // The start was told before; it is read within two turns, and its time runs.
    for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
    const got = get(ref, { timeoutMs });
    permits.give();
    while (!existsSync(marker));
    const doneMs = performance.now();
    while (performance.now() - doneMs < timeoutMs);
    assert.deepEqual(await Promise.all([ref, got]), ["done", "done"]);
  },
);

test("who ends in time is not disturbed", async () => {
  const limited = remote(async (n: number) => n).options({ timeoutMs: 5_000 });
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => limited(n))), [1, 2, 3]);
  assert.equal(await limited.options({ timeoutMs: Infinity })(4), 4);
});

test("a child's time is limited too", processesOnly("it blocks the process"), async () => {
  const events = fixture.sandbox.events();
  const parent = remote(async (events: string) => {
    const child = spin.options({ timeoutMs: 50 })(events);
    return (await Promise.allSettled([child])).map((one) => one.status);
  });
  assert.deepEqual(await parent(events.path), ["rejected"]);
  await fixture.gone(Number(await events.next()));
});
