/**
 * The simulator itself: a seed gives the same run, faults that a program cannot bear are seen, and
 * every seed that has ever failed passes.
 */

import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { test } from "node:test";
import { get, put, remote, type ObjectRef } from "mobula";
import { compute, exit, simulate, SimulationError, sleep } from "mobula/testing";
import { run } from "./run.ts";
import { seeds } from "./seeds.ts";

async function failureOf(promise: Promise<unknown>): Promise<SimulationError> {
  const [settled] = await Promise.allSettled([promise]);
  assert(settled.status === "rejected", "it has succeeded");
  assert(settled.reason instanceof SimulationError, String(settled.reason));
  return settled.reason;
}

test("a seed gives the same run, whatever ran before it", async () => {
  const transcripts = new Map<number, string>();
  for (const seed of [1, 2, 3, 4, 5, 4, 2, 5, 1, 3]) {
    const { transcript, violation } = await run(seed, true);
    assert.equal(violation, undefined);
    assert(transcript.length > 500, "it has a transcript");
    assert.equal(transcripts.get(seed) ?? transcript, transcript);
    transcripts.set(seed, transcript);
    await nextTurn();
  }
  assert.equal(new Set(transcripts.values()).size, 5, "and other seeds give others");
});

for (const { seed, what } of seeds) {
  test(`seed ${seed}: ${what}`, async () => {
    const { violation } = await run(seed);
    assert.equal(violation?.message, undefined);
    await nextTurn();
  });
}

test("functions are shipped as ever; time passes only where something waits", async () => {
  const factor = 3;
  const { value, simulatedMs, faults } = await simulate({ seed: 1 }, async () => {
    const slow = remote(async (x: number) => {
      await sleep(60_000);
      compute(500);
      return x * factor;
    });
    return get([slow(1), slow(2)]);
  });
  assert.deepEqual(value, [3, 6]);
  assert(simulatedMs > 60_500, `${simulatedMs} ms`);
  assert.equal(faults.size, 0);
});

test("a worker that ends by itself", async () => {
  const failure = await failureOf(
    simulate({ seed: 1 }, async () => remote(() => exit(7), { maxRetries: 1 })()),
  );
  const how = "its worker 4 exited with code 7, in the last of 2 runs";
  assert.equal(
    failure.message.replace(/worker \d+/, "worker 4"),
    `Cannot accept the run of seed 1: Cannot finish task anonymous: ${how}`,
  );
});

test("a program that waits for ever", async () => {
  const failure = await failureOf(simulate({ seed: 3 }, () => new Promise(() => undefined)));
  assert.equal(
    failure.message,
    "Cannot accept the run of seed 3: nothing can happen, and the program waits",
  );
});

test("what the program leaves behind", async () => {
  const left: ObjectRef<Uint8Array>[] = [];
  const failure = await failureOf(
    simulate({ seed: 5 }, async () => {
      left.push(put(new Uint8Array(5_000)));
      await sleep(1);
    }),
  );
  assert.equal(
    failure.message,
    "Cannot accept the run of seed 5: left behind: 1 segments in driver, file 1-1",
  );
});

test("one simulation at a time, and none beside a runtime", async () => {
  const outer = simulate({ seed: 1 }, async () => sleep(10));
  await assert.rejects(
    simulate({ seed: 2 }, async () => sleep(10)),
    { message: /^Cannot simulate: a runtime is there already; end it first, and simulate one/ },
  );
  await outer;
  assert.throws(() => compute(1), { message: /^Cannot ask the simulation: none runs; call this/ });
});

test("a transcript is kept if asked for", async () => {
  const program = (): Promise<number> => remote((x: number) => x)(1);
  assert.equal((await simulate({ seed: 1 }, program)).transcript, "");
  const { transcript } = await simulate({ seed: 1, transcript: true }, program);
  assert.match(transcript, / ms {2}worker 2 {2}is started$/m);
  assert.match(transcript, / ms {2}driver {4}<- worker \d: result \d+ \d+$/m);
});
