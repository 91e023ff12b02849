/**
 * `memoryBytes` limits what the worker of a task or an actor holds.
 * Processes only: inline, all memory is the program's own.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ActorDiedError, init, OutOfMemoryError, remote } from "mobula";
import { useRuntime } from "../support/runtime.ts";

const MIB = 2 ** 20;
const fixture = useRuntime();

/** Buffers are not on the heap: its limit does not hold them. */
async function hoard(mebibytes: number): Promise<number> {
  const kept: Buffer[] = [];
  for (let i = 0; i < mebibytes; i += 8) {
    kept.push(Buffer.alloc(8 * 2 ** 20, 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return kept.length;
}

test("memoryBytes holds for memory beyond the heap", async () => {
  const limited = remote(hoard, { memoryBytes: 64 * MIB, maxRetries: 0 });
  const [settled] = await Promise.allSettled([limited(100_000)]);
  assert(settled.status === "rejected" && settled.reason instanceof OutOfMemoryError);
  const { message, pid, usedBytes, limitBytes, workers } = settled.reason;
  assert.equal(limitBytes, 64 * MIB);
  assert(usedBytes! > limitBytes);
  const held = Math.round(usedBytes! / MIB);
  assert.equal(
    message.split("\n")[0]!.replace(/resident \d+/, "resident"),
    `Cannot finish task hoard: its worker ${pid} was ended by SIGKILL (resident MiB): it held ` +
      `${held} MiB, more than its memoryBytes of 64 MiB; use less memory at a time, or give the ` +
      "task more memoryBytes",
  );
  assert.equal(workers![0]!.runs, "task hoard");
  assert.equal(await limited(32), 4);
});

test("an end for its memory counts as a run, and the next one waits", async () => {
  const limited = remote(hoard, { memoryBytes: 64 * MIB, maxRetries: 1 });
  const startMs = performance.now();
  const [settled] = await Promise.allSettled([limited(100_000)]);
  assert(settled.status === "rejected" && settled.reason instanceof OutOfMemoryError);
  const { message, failures } = settled.reason;
  assert.match(message, /MiB, in the last of 2 runs; /);
  assert.equal(failures.length, 1);
  assert.match(failures[0]!, /^Cannot finish task hoard: .* more than its memoryBytes of 64 MiB; /);
  assert(performance.now() - startMs >= 500);
});

test("an actor that holds more than its memoryBytes dies of that", async () => {
  class Hoarder {
    hoard(mebibytes: number) {
      return hoard(mebibytes);
    }
  }
  const RemoteHoarder = remote(Hoarder, { memoryBytes: 64 * MIB });
  const hoarder = new RemoteHoarder();
  const [settled] = await Promise.allSettled([hoarder.hoard(100_000)]);
  assert(settled.status === "rejected" && settled.reason instanceof ActorDiedError);
  assert.match(settled.reason.message, /: it held \d+ MiB, more than its memoryBytes of 64 MiB; /);
  await fixture.gone(settled.reason.pid!);
});

test("shares that are none", async () => {
  for (const memoryUsageMax of [0, -1, 1.5, NaN, "95%" as never]) {
    await assert.rejects(init({ memoryUsageMax }), {
      name: "InvalidOptionError",
      message: `Cannot use option memoryUsageMax of init: it is ${
        typeof memoryUsageMax === "string" ? '"95%"' : memoryUsageMax
      } and must be a number above 0, 1 at most`,
    });
  }
});
