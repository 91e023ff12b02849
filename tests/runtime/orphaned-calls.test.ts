/**
 * Processes only: workers are killed. Calls of a worker that has died, in a worker in which
 * something of others runs as well.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { context, remote, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

// One core, so that the call goes into the worker whose task waits: no further one is started.
const fixture = useRuntime({
  numCpus: 1,
  resources: { slot: 1 },
  logToDriver: false,
  // Who does not hear in this time that a caller has ended is ended.
  frozenWorkerMs: 3_000,
});
const crashes = processesOnly("workers are killed");

type How = "waits" | "loops" | "ends";

/** Waits for what the program gives, in a worker that others may use meanwhile. */
const neighbour = remote(
  async ([granted]: [ObjectRef<number>], events: string) => {
    announce(events, `neighbour ${process.pid}`);
    return { value: await granted, pid: process.pid };
  },
  { maxRetries: 1 },
);
const grant = remote(
  async (permits: string) => {
    await takePermit(permits);
    return 7;
  },
  { numCpus: 0 },
);
const orphan = remote(
  async (how: How, events: string) => {
    const { signal } = context();
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    announce(events, `orphan ${process.pid}`);
    if (how === "loops") for (;;);
    await ended;
    announce(events, `aborted ${(signal.reason as Error).message}`);
    // Whatever it was told, it goes on.
    if (how === "waits") await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
  },
  { resources: { slot: 1 } },
);
const caller = remote(
  async (how: How, events: string) => {
    announce(events, `caller ${process.pid}`);
    await orphan(how, events);
  },
  { maxRetries: 0 },
);

interface Scene {
  /** Of the neighbour, and of the orphan. */
  readonly pid: number;
  readonly waiting: ObjectRef<{ value: number; pid: number }>;
  readonly next: () => Promise<string>;
  readonly give: () => void;
}

async function scene(how: How): Promise<Scene> {
  for (let attempt = 1; attempt <= 10; attempt++) {
    const found = await tryScene(how);
    if (found !== undefined) return found;
  }
  assert.fail("no orphan has come into its neighbour's process");
}

/** A process that a former scene has left may be free: then the orphan goes there. */
async function tryScene(how: How): Promise<Scene | undefined> {
  const [events, permits] = [fixture.sandbox.events(), fixture.sandbox.permits()];
  const pidOf = async (what: string): Promise<number> => {
    const [name, pid] = (await events.next()).split(" ");
    assert.equal(name, what);
    return Number(pid);
  };
  const waiting = neighbour([grant(permits.path)], events.path);
  const pid = await pidOf("neighbour");
  const called = caller(how, events.path);
  const callerPid = await pidOf("caller");
  const orphanPid = await pidOf("orphan");
  process.kill(callerPid, "SIGKILL");
  await assert.rejects(called, { name: "WorkerCrashedError" });
  if (orphanPid === pid) {
    return { pid, waiting, next: () => events.next(), give: () => permits.give() };
  }
  permits.give();
  await waiting;
  if (how !== "ends") await fixture.gone(orphanPid);
  return undefined;
}

const told = "aborted Cannot go on: the process that called has ended";

test("an orphan is asked to end, and its neighbour goes on", crashes, async () => {
  const { pid, waiting, next, give } = await scene("ends");
  assert.equal(await next(), told);
  give();
  assert.deepEqual(await waiting, { value: 7, pid });
});

test("one that does not end lives no longer than its neighbour", crashes, async () => {
  const { pid, waiting, next, give } = await scene("waits");
  assert.equal(await next(), told);
  give();
  assert.deepEqual(await waiting, { value: 7, pid });
  await fixture.gone(pid);
});

test("one that keeps its neighbour from all: their process is ended", crashes, async () => {
  const { pid, waiting, next, give } = await scene("loops");
  await fixture.gone(pid);
  const [name, again] = (await next()).split(" ");
  assert.equal(name, "neighbour");
  assert.notEqual(Number(again), pid);
  give();
  assert.deepEqual(await waiting, { value: 7, pid: Number(again) });
});
