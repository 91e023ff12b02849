/**
 * Tasks that were pushed to a worker that does not get on: they run elsewhere, and once.
 * Processes only: inline, a task that blocks its process blocks the program.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, get, GetTimeoutError, remote, type ObjectRef } from "mobula";
import type { Events, Permits } from "../support/fifo.ts";
import { announce, takePermit, takePermitSync } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";
import { within } from "../support/within.ts";

// A worker that is stopped stays stopped: what runs elsewhere was taken back from it.
const fixture = useRuntime({ numCpus: 2, logToDriver: false, frozenWorkerMs: Infinity });

const isPortable = process.env["MOBULA_PORTABLE"] === "1";
const claims = { skip: isPortable && "without the native library nothing is claimed" };

const COUNT = 1_000;
const numbers = Array.from({ length: COUNT }, (_, n) => n);
const squares = numbers.map((n) => n * n);

/**
 * Short, but for those that are to block: in their first run they wait for a permit. Not so short
 * that its result waits for those of the next ones.
 */
const effect = remote((n: number, isToBlock: boolean, paths: Paths) => {
  const beganMs = performance.now();
  while (performance.now() - beganMs < 0.08);
  if (isToBlock && context().attempt === 1) {
    announce(paths.blocked, process.pid);
    takePermitSync(paths.permits);
  }
  announce(paths.effects, n);
  return n * n;
});

interface Paths {
  readonly effects: string;
  readonly blocked: string;
  readonly permits: string;
}

class Pipes {
  readonly effects: Events = fixture.sandbox.events();
  /** The processes that are blocked. */
  readonly blocked: Events = fixture.sandbox.events();
  readonly permits: Permits = fixture.sandbox.permits();
  readonly paths: Paths = {
    effects: this.effects.path,
    blocked: this.blocked.path,
    permits: this.permits.path,
  };

  /** The next effects are one of each of these, and there are no others. */
  async assertEffects(expected: readonly number[]): Promise<void> {
    const found: number[] = [];
    while (found.length < expected.length) found.push(Number(await this.effects.next()));
    assert.deepEqual(
      found.sort((a, b) => a - b),
      expected,
    );
    assert.deepEqual(this.effects.pending, []);
  }
}

/** From then on `effect` is known to be short. */
async function open(): Promise<Pipes> {
  const pipes = new Pipes();
  await Promise.all(numbers.map((n) => effect(n, false, pipes.paths)));
  await pipes.assertEffects(numbers);
  return pipes;
}

/** The processes of both workers. */
async function workerPids({ blocked, permits }: Pipes): Promise<number[]> {
  const meet = remote(async (events: string, path: string) => {
    announce(events, process.pid);
    await takePermit(path);
  });
  const met = [0, 1].map(() => meet(blocked.path, permits.path));
  const pids = [Number(await blocked.next()), Number(await blocked.next())];
  permits.give(2);
  await Promise.all(met);
  return pids;
}

for (const blocks of [0, 1, 500, 999]) {
  test(`task ${blocks} of ${COUNT} blocks its process: the others end meanwhile`, async () => {
    const pipes = await open();
    const results = numbers.map((n) => effect(n, n === blocks, pipes.paths));
    await pipes.blocked.next();
    const others = Promise.all(results.filter((_, n) => n !== blocks));
    await within(others, "the others wait behind the one that blocks");
    pipes.permits.give();
    assert.deepEqual(await Promise.all(results), squares);
    await pipes.assertEffects(numbers);
  });
}

test("a worker is killed with tasks in line: each has its result and one effect", async () => {
  const pipes = await open();
  for (let round = 0; round < 3; round++) {
    const results = numbers.map((n) => effect(n, n === 0, pipes.paths));
    process.kill(Number(await pipes.blocked.next()), "SIGKILL");
    assert.deepEqual(await Promise.all(results), squares);
    // The one that was blocked had no effect in its first run.
    await pipes.assertEffects(numbers);
  }
});

test("a frozen worker: what it has not begun runs elsewhere, and only there", claims, async () => {
  const pipes = await open();
  const [frozen] = await workerPids(pipes);
  process.kill(frozen!, "SIGSTOP");
  const results = numbers.map((n) => effect(n, false, pipes.paths));
  try {
    const all = await within(Promise.all(results), "some wait for the frozen worker");
    assert.deepEqual(all, squares);
  } finally {
    process.kill(frozen!, "SIGCONT");
  }
  await pipes.assertEffects(numbers);
  // It has dropped what was taken back when it takes something new.
  assert.equal((await workerPids(pipes)).includes(frozen!), true);
  assert.deepEqual(pipes.effects.pending, []);
});

/** Tasks that share their worker with no other one, and run once at most or have a deadline. */
const alone = [{ maxRetries: 0 }, { timeoutMs: 60_000 }, { maxRetries: 0, timeoutMs: 60_000 }];
for (const options of alone) {
  for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
    const how = JSON.stringify(options);
    test(`${how}: not lost with a worker that has not begun it (${signal})`, claims, async () => {
      const pipes = await open();
      const [frozen] = await workerPids(pipes);
      process.kill(frozen!, "SIGSTOP");
      const two = effect.options(options);
      const results = [3, 4].map((n) => two(n, false, pipes.paths));
      try {
        if (signal === "SIGKILL") process.kill(frozen!, signal);
        const all = Promise.all(results);
        assert.deepEqual(await within(all, "one waits for the frozen worker"), [9, 16]);
      } finally {
        if (signal === "SIGSTOP") process.kill(frozen!, "SIGCONT");
      }
      await pipes.assertEffects([3, 4]);
    });
  }
}

test("generators are not lost with a worker that has not begun them", claims, async () => {
  const pipes = await open();
  const [frozen] = await workerPids(pipes);
  process.kill(frozen!, "SIGSTOP");
  const count = remote(function* count(to: number) {
    for (let n = 0; n < to; n++) yield n;
  });
  async function sum(to: number): Promise<number> {
    let total = 0;
    for await (const n of count(to)) total += n;
    return total;
  }
  try {
    const sums = Promise.all([sum(10), sum(100)]);
    assert.deepEqual(await within(sums, "one waits for the frozen worker"), [45, 4_950]);
  } finally {
    process.kill(frozen!, "SIGCONT");
  }
});

test("tasks that are cancelled behind one that blocks never run", async () => {
  const pipes = await open();
  const results = numbers.map((n) => effect(n, n === 0, pipes.paths));
  const cancelled = numbers.filter((n) => n >= 10 && n % 2 === 0);
  for (const n of cancelled) cancel(results[n]!);
  await pipes.blocked.next();
  const settled = Promise.allSettled(cancelled.map((n) => results[n]!));
  const reasons = await within(settled, "a cancelled task waits for its neighbour");
  for (const { status, ...rest } of reasons) {
    assert.equal(status, "rejected");
    assert.equal((rest as { reason: Error }).reason.name, "TaskCancelledError");
  }
  const others = numbers.filter((n) => !cancelled.includes(n));
  await Promise.all(others.slice(1).map((n) => results[n]!));
  pipes.permits.give();
  await results[0];
  await pipes.assertEffects(others);
});

test("a worker that cannot claim gets nothing queued behind a task that runs", async () => {
  const pipes = await open();
  const portable = effect.options({ env: { MOBULA_PORTABLE: "1" } });
  await Promise.all(numbers.map((n) => portable(n, false, pipes.paths)));
  await pipes.assertEffects(numbers);
  const results = numbers.map((n) => portable(n, n === 0, pipes.paths));
  const pid = Number(await pipes.blocked.next());
  await within(Promise.all(results.slice(1)), "some wait behind the one that blocks");
  process.kill(pid, "SIGKILL");
  assert.deepEqual(await Promise.all(results), squares);
  await pipes.assertEffects(numbers);
});

test("a deadline counts from the start, however long a task waits for its turn", async () => {
  const { blocked, effects, permits, paths } = await open();
  const blockers: ObjectRef<number>[] = [0, 1].map((n) => effect(n, true, paths));
  await blocked.next();
  await blocked.next();
  const timeoutMs = 1_000;
  const patient = effect.options({ timeoutMs })(2, false, paths);
  await assert.rejects(get(patient, { timeoutMs: timeoutMs + 100 }), GetTimeoutError);
  permits.give(2);
  assert.deepEqual(await Promise.all([...blockers, patient]), [0, 1, 4]);
  for (let left = 3; left > 0; left--) await effects.next();
});
