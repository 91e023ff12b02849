/** Cancelling by force, twice, what others own, what is forwarded, what is over. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, put, remote, wait, type ObjectRef } from "mobula";
import { isRunning } from "../support/processes.ts";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ numCpus: 2, logToDriver: false });

const cancelled = { name: "TaskCancelledError", code: "TASK_CANCELLED" };

/** Ends when it is cancelled, and says so. */
const waits = remote(async (events: string, name: string) => {
  const { signal } = context();
  announce(events, `${name} began`);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  announce(events, `${name} ${(signal.reason as Error).name}`);
});
/** Listens to nobody. */
const deaf = remote(async (events: string) => {
  announce(events, process.pid);
  await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
});
const spins = remote((events: string) => {
  announce(events, process.pid);
  for (;;);
});

test("a ref that another process owns: its owner cancels", async () => {
  const events = fixture.sandbox.events();
  const own = waits(events.path, "own");
  await events.take("own began");
  const canceller = remote(([ref]: ObjectRef<void>[]) => {
    cancel(ref!);
    cancel(ref!, { recursive: false });
  });
  await canceller([own]);
  await assert.rejects(own, cancelled);
  assert.equal(await events.next(), "own TaskCancelledError");

  const maker = remote(async (events: string) => [waits(events, "made")]);
  const [made] = await maker(events.path);
  await events.take("made began");
  cancel(made!);
  await assert.rejects(made!, cancelled);
  assert.equal(await events.next(), "made TaskCancelledError");
});

test("a forwarded ref: the task that forwards it, and what it has called", async () => {
  const events = fixture.sandbox.events();
  const forwards = remote((events: string) => waits(events, "inner"));
  const ref = forwards(events.path);
  await events.take("inner began");
  cancel(ref);
  await assert.rejects(ref, cancelled);
  assert.equal(await events.next(), "inner TaskCancelledError");
  // What it was given is not its own.
  const passes = remote((events: string, [given]: ObjectRef<void>[]) => {
    announce(events, "passes");
    return given!;
  });
  const given = waits(events.path, "given");
  await events.take("given began");
  const passed = passes(events.path, [given]);
  await events.take("passes");
  cancel(passed);
  await assert.rejects(passed, cancelled);
  // A task of the same process that is cancelled later has been told.
  const later = forwards(events.path);
  await events.take("inner began");
  cancel(later);
  assert.equal(await events.next(), "inner TaskCancelledError");
  const { ready } = await wait([given], { timeoutMs: 0 });
  assert.deepEqual([ready, events.pending], [[], []]);
  cancel(given);
  assert.equal(await events.next(), "given TaskCancelledError");
});

test("what is over, has failed, was put: nothing changes, however often", async () => {
  const fails = remote(() => {
    throw new RangeError("failed");
  });
  const many = remote(() => [1, 2]).options({ numReturns: 2 });
  const failed = fails();
  await assert.rejects(failed, RangeError);
  const refs = [put(1), ...many()];
  await Promise.all(refs);
  for (const options of [{}, { force: true }, { recursive: false }, {}]) {
    for (const ref of [...refs, failed]) cancel(ref, options);
  }
  assert.deepEqual(await Promise.all(refs), [1, 1, 2]);
  await assert.rejects(failed, RangeError);
});

test("twice, and with more force the second time", processesOnly("it is ended"), async () => {
  const events = fixture.sandbox.events();
  const ref = spins(events.path);
  const pid = Number(await events.next());
  cancel(ref);
  cancel(ref);
  await assert.rejects(ref, cancelled);
  cancel(ref, { force: true });
  cancel(ref, { force: true });
  await fixture.gone(pid);
  cancel(ref, { force: true });
});

test("by force: a loop in a task that a task has called", processesOnly("it blocks"), async () => {
  const events = fixture.sandbox.events();
  for (const demand of [1, 0.5]) {
    const parent = remote(async (events: string, demand: number) =>
      spins.options({ numCpus: demand })(events),
    );
    const quick = remote((n: number) => n);
    const ref = parent(events.path, demand);
    const pid = Number(await events.next());
    const neighbours = Array.from({ length: 50 }, (_, n) => quick(n));
    cancel(ref, { force: true });
    await assert.rejects(ref, cancelled);
    await fixture.gone(pid);
    assert.deepEqual(await Promise.all(neighbours), [...Array(50).keys()]);
  }
});

test(
  "by force, of a task in the process of its caller: that ends once the caller is over",
  processesOnly("a process is ended"),
  async () => {
    const [events, others] = [fixture.sandbox.events(), fixture.sandbox.events()];
    const gates = [0, 1, 2, 3].map(() => fixture.sandbox.permits());
    const pass = remote(async (permits: string) => takePermit(permits), { numCpus: 0 });
    const elsewhere = { numCpus: 0, env: { MOBULA_TEST_PLACE: "elsewhere" } };
    const parent = remote(
      async (events: string, others: string, [one, two, three]: ObjectRef<void>[]) => {
        const child = deaf(events);
        await one!;
        cancel(child, { force: true });
        const [settled] = await Promise.allSettled([child]);
        const other = spins.options(elsewhere)(others);
        await two!;
        cancel(other, { force: true });
        await three!;
        return [settled.status, context().attempt, process.pid];
      },
    );
    // Its core is the only one that is left: its child runs beside it.
    const holder = remote(async (permits: string) => takePermit(permits))(gates[3]!.path);
    const refs = gates.slice(0, 3).map(({ path }) => pass(path));
    const ref = parent(events.path, others.path, refs);
    const pid = Number(await events.next());
    gates[0]!.give();
    const otherPid = Number(await others.next());
    gates[1]!.give();
    // It was cancelled later: the time that the child is given is over as well.
    await fixture.gone(otherPid);
    assert(isRunning(pid));
    gates[2]!.give();
    assert.deepEqual(await ref, ["rejected", 1, pid]);
    await fixture.gone(pid);
    gates[3]!.give();
    await holder;
  },
);

test("wrong uses", () => {
  const refused: [unknown, object, string][] = [
    [
      {},
      {},
      "Cannot cancel an object: it is no ObjectRef; pass what put() or a remote call returned",
    ],
    [
      put(1),
      { recursive: 1 },
      "Cannot use option recursive of cancel: it is 1 and must be true or false",
    ],
    [
      put(1),
      { force: "yes" },
      'Cannot use option force of cancel: it is "yes" and must be true or false',
    ],
  ];
  for (const [ref, options, message] of refused) {
    assert.throws(() => cancel(ref as ObjectRef<unknown>, options), { message });
  }
});
