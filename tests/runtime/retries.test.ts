/**
 * Tasks that run again: after their worker has ended, and after errors that are to be tried again.
 * Processes only: inline, a crash is the program's own.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, context, MobulaError, remote, WorkerCrashedError, type ObjectRef } from "mobula";
import { announce } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ numCpus: 2, logToDriver: false });

async function failureOf(ref: ObjectRef<unknown>): Promise<unknown> {
  const [settled] = await Promise.allSettled([ref]);
  assert(settled.status === "rejected", "it has succeeded");
  return settled.reason;
}

test("a task whose worker ends runs again, and knows which run it is", async () => {
  const events = fixture.sandbox.events();
  const flaky = remote((events: string) => {
    announce(events, `${context().attempt} ${process.pid}`);
    if (context().attempt < 3) process.exit(7);
    return context().attempt;
  });
  assert.equal(await flaky(events.path), 3);
  const runs = [await events.next(), await events.next(), await events.next()];
  assert.deepEqual(
    runs.map((run) => run.split(" ")[0]),
    ["1", "2", "3"],
  );
  assert.equal(
    new Set(runs.map((run) => run.split(" ")[1])).size,
    3,
    "each in a worker of its own",
  );
});

for (const maxRetries of [0, 1, 4, undefined]) {
  const runs = (maxRetries ?? 3) + 1;
  test(`maxRetries ${maxRetries}: ${runs} runs, and the error tells of all`, async () => {
    const events = fixture.sandbox.events();
    const options = maxRetries === undefined ? {} : { maxRetries };
    const dies = remote(function dies(events: string) {
      announce(events, context().attempt);
      process.exit(3);
    }, options);
    const error = await failureOf(dies(events.path));
    assert(error instanceof WorkerCrashedError);
    assert.equal(error.failures.length, runs - 1);
    for (const failure of error.failures) {
      assert.match(failure, /^Cannot finish task dies: its worker \d+ exited with code 3/);
    }
    const count = runs === 1 ? "" : `, in the last of ${runs} runs`;
    assert(error.message.startsWith(`Cannot finish task dies: its worker ${error.pid} exited`));
    assert.equal(error.message.includes(", in the last of "), count !== "");
    assert(error.message.endsWith(count), error.message);
    for (let run = 1; run <= runs; run++) assert.equal(await events.next(), String(run));
  });
}

test("unlimited retries go on until it works", async () => {
  const stubborn = remote(() => (context().attempt < 6 ? process.exit(1) : context().attempt), {
    maxRetries: Infinity,
  });
  assert.equal(await stubborn(), 6);
});

class Busy extends Error {}
class Broken extends Error {}

const rules = [
  ["true", true, ["busy", "broken"]],
  ["false", false, []],
  ["a class", [Busy], ["busy"]],
  ["classes", [Busy, Broken], ["busy", "broken"]],
  ["a base class", [Error], ["busy", "broken"]],
  ["a predicate", (error: unknown) => (error as Error).message === "broken", ["broken"]],
  [
    "a predicate that takes its time",
    (error: unknown) => Promise.resolve(error instanceof Busy),
    ["busy"],
  ],
] as const;
for (const [title, retryExceptions, retried] of rules) {
  test(`retryExceptions: ${title}`, async () => {
    for (const what of ["busy", "broken"] as const) {
      const fails = remote(
        (what: string) => {
          if (context().attempt === 1) throw what === "busy" ? new Busy(what) : new Broken(what);
          return context().attempt;
        },
        { retryExceptions },
      );
      if ((retried as readonly string[]).includes(what)) assert.equal(await fails(what), 2);
      else assert.equal(((await failureOf(fails(what))) as Error).message, what);
    }
  });
}

test("exceptions count against maxRetries; the last one is the result", async () => {
  const fails = remote(
    () => {
      throw new Busy(`run ${context().attempt}`);
    },
    { retryExceptions: true, maxRetries: 2 },
  );
  assert.equal(((await failureOf(fails())) as Error).message, "run 3");
});

test("a predicate that throws: an error that says so, with both as cause and failure", async () => {
  const fails = remote(
    function fails() {
      throw new Busy("no room");
    },
    {
      retryExceptions: () => {
        throw new RangeError("what is this?");
      },
    },
  );
  const error = await failureOf(fails());
  assert(error instanceof MobulaError);
  const start = "Cannot decide whether to run task fails again after Busy";
  const end = "retryExceptions threw RangeError: what is this?; let it return true or false";
  assert(error.message.startsWith(start) && error.message.endsWith(end), error.message);
  assert((error.cause as Error).message === "what is this?");
  assert((error as unknown as { failure: Error }).failure instanceof Busy);
});

test("a task that is cancelled while it waits to run again does not", async () => {
  const events = fixture.sandbox.events();
  const fails = remote(
    (events: string) => {
      announce(events, context().attempt);
      throw new Busy();
    },
    { retryExceptions: true, maxRetries: Infinity },
  );
  const ref = fails(events.path);
  assert.equal(await events.next(), "1");
  cancel(ref);
  const error = (await failureOf(ref)) as Error;
  assert.equal(error.name, "TaskCancelledError");
});

test("thousands of tasks in line on a worker that is killed: each gives its result", async () => {
  const square = remote((n: number) => n * n);
  await Promise.all(Array.from({ length: 2_000 }, (_, n) => square(n)));
  const pidOf = remote(() => process.pid);
  for (let round = 0; round < 5; round++) {
    const pid = await pidOf();
    const results = Array.from({ length: 3_000 }, (_, n) => square(n));
    process.kill(pid, "SIGKILL");
    assert.deepEqual(
      await Promise.all(results),
      Array.from({ length: 3_000 }, (_, n) => n * n),
    );
  }
});

test("map tries single items again, whatever the size of batches", async () => {
  const items = Array.from({ length: 50 }, (_, n) => n);
  const odd = remote(
    (n: number) => {
      if (n % 2 === 1 && context().attempt === 1) throw new Busy();
      return [n, context().attempt];
    },
    { retryExceptions: true },
  );
  const expected = items.map((n) => [n, n % 2 === 1 ? 2 : 1]);
  assert.deepEqual(await odd.map(items), expected);
  assert.deepEqual(await odd.map(items, { batchSize: 10 }), expected);
});

test("arguments are kept for the next run: refs, large ones, captured ones", async () => {
  const large = new Float64Array(100_000).fill(1.5);
  const table = { factor: 2 };
  const one = remote(() => 1);
  const sum = remote((values: Float64Array, ref: number, nested: { n: number }) => {
    if (context().attempt === 1) process.exit(1);
    return values.reduce((a, b) => a + b, 0) * table.factor + ref + nested.n;
  });
  assert.equal(await sum(large, one(), { n: 3 }), 300_004);
});
