/** Cancelling tasks: waiting, queued, running, by `cancel` and by signals. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, put, remote, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const hold = remote(async (events: string, permits: string) => {
  announce(events, "started");
  await takePermit(permits);
});
const report = remote((events: string, _after?: unknown) => announce(events, "ran"));
const untilAborted = remote(async (events: string) => {
  const { signal } = context();
  announce(events, "started");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  announce(events, `aborted ${(signal.reason as Error).name}`);
});

function pipes(): { events: ReturnType<typeof fixture.sandbox.events>; permits: Permits } {
  return { events: fixture.sandbox.events(), permits: fixture.sandbox.permits() };
}
type Permits = ReturnType<typeof fixture.sandbox.permits>;

const cancelled = { name: "TaskCancelledError", code: "TASK_CANCELLED" };

test("a task that waits for an argument, and one that is queued, never run", async () => {
  const { events, permits } = pipes();
  const holders = [hold(events.path, permits.path), hold(events.path, permits.path)];
  assert.deepEqual([await events.next(), await events.next()], ["started", "started"]);
  const queued = report(events.path);
  const waiting = report(events.path, holders[0]);
  cancel(queued);
  cancel(waiting);
  await assert.rejects(queued, {
    ...cancelled,
    message: `Cannot get result ${queued.id} of anonymous: cancelled`,
  });
  await assert.rejects(waiting, cancelled);
  permits.give(2);
  await Promise.all(holders);
  await report(events.path);
  assert.equal(await events.next(), "ran");
  assert.deepEqual(events.pending, []);
});

test("a running task rejects at once; its signal tells it to end", async () => {
  const { events } = pipes();
  const ref = untilAborted(events.path);
  await events.take("started");
  cancel(ref);
  await assert.rejects(ref, cancelled);
  assert.equal(await events.next(), "aborted TaskCancelledError");
});

test("what a cancelled task awaits rejects", async () => {
  const { events, permits } = pipes();
  const outer = remote(async (events: string, [inner]: ObjectRef<void>[]) => {
    announce(events, "outer started");
    try {
      await inner!;
      announce(events, "inner over");
    } catch (error) {
      announce(events, `inner rejected ${(error as Error).name}`);
    }
  });
  const inner = hold(events.path, permits.path);
  const ref = outer(events.path, [inner]);
  await events.take("started");
  await events.take("outer started");
  cancel(ref);
  await assert.rejects(ref, cancelled);
  assert.equal(await events.next(), "inner rejected TaskCancelledError");
  permits.give();
  await inner;
});

test("cancelling what is done, or was put, changes nothing", async () => {
  const { events } = pipes();
  const ref = report(events.path);
  await ref;
  cancel(ref);
  assert.equal(await ref, undefined);
  const stored = put(3);
  cancel(stored);
  assert.equal(await stored, 3);
});

test(
  "force ends the worker of a body that does not end by itself",
  processesOnly("a process is ended"),
  async () => {
    const { events } = pipes();
    const spin = remote((events: string) => {
      announce(events, String(process.pid));
      for (;;);
    });
    const ref = spin(events.path);
    const pid = Number(await events.next());
    assert(fixture.sandbox.processes().some((one) => one.pid === pid));
    cancel(ref, { force: true });
    await assert.rejects(ref, cancelled);
    await remote(() => 1)();
    await fixture.gone(pid);
  },
);

test("a signal cancels with its reason: before, while queued, while running", async () => {
  const { events, permits } = pipes();
  const early = report.options({ signal: AbortSignal.abort("too early") })(events.path);
  await assert.rejects(early, (reason) => reason === "too early");

  const holders = [hold(events.path, permits.path), hold(events.path, permits.path)];
  await events.take("started");
  await events.take("started");
  const queueing = new AbortController();
  const queued = report.options({ signal: queueing.signal })(events.path);
  queueing.abort({ why: "queued" });
  await assert.rejects(queued, (reason) => reason === queueing.signal.reason);
  permits.give(2);
  await Promise.all(holders);

  const running = new AbortController();
  const ref = untilAborted.options({ signal: running.signal })(events.path);
  await events.take("started");
  running.abort(new TypeError("enough"));
  await assert.rejects(ref, (reason) => reason === running.signal.reason);
  assert.equal(await events.next(), "aborted TypeError");
  assert.deepEqual(events.pending, []);
});

test("a signal that aborts after the end does nothing", async () => {
  const controller = new AbortController();
  const ref = remote(() => 5).options({ signal: controller.signal })();
  assert.equal(await ref, 5);
  controller.abort();
  assert.equal(await ref, 5);
});

test("all refs of a task with several returns reject", async () => {
  const { events, permits } = pipes();
  const many = remote(async (events: string, permits: string) => {
    announce(events, "started");
    await takePermit(permits);
    return [1, 2];
  }).options({ numReturns: 2 });
  const refs = many(events.path, permits.path);
  await events.take("started");
  cancel(refs[1]!);
  for (const one of await Promise.allSettled(refs)) {
    assert.equal(one.status === "rejected" && one.reason.name, "TaskCancelledError");
  }
  permits.give();
});

test("a task cancels its own child", async () => {
  const { events } = pipes();
  const parent = remote(async (events: string) => {
    const child = untilAborted(events);
    await new Promise(setImmediate);
    cancel(child);
    return (await Promise.allSettled([child]))[0].status;
  });
  assert.equal(await parent(events.path), "rejected");
});
