/**
 * Tasks that end their own worker, every time: how often, in how many processes, and how that is
 * stopped.
 * Processes only: inline, a crash is the program's own.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { cancel, context, init, remote, WorkerCrashedError, type MobulaError } from "mobula";
import { announce } from "../support/rendezvous.mjs";
import { Sandbox } from "../support/sandbox.ts";
import { within } from "../support/within.ts";

/** A runtime of which each worker tells `events` that it begins. */
async function counted(sandbox: Sandbox) {
  const events = sandbox.events();
  const module = sandbox.newPath(".mjs");
  writeFileSync(
    module,
    `import fs from "node:fs";
     fs.appendFileSync(${JSON.stringify(events.path)}, "process\\n");\n`,
  );
  Object.assign(process.env, sandbox.env);
  const execArgv = ["--import", pathToFileURL(module).href];
  return { events, runtime: await init({ numCpus: 2, logToDriver: false, execArgv }) };
}

/** Dies in each run. */
const dies = remote(function dies(events: string) {
  announce(events, `run ${context().attempt}`);
  process.exit(3);
});

test("it fails after its retries, with the history of all runs, and without a storm", async () => {
  await using sandbox = new Sandbox();
  const { events, runtime } = await counted(sandbox);
  const [settled] = await Promise.allSettled([dies(events.path)]);
  assert(settled.status === "rejected" && settled.reason instanceof WorkerCrashedError);
  const { message, failures } = settled.reason;
  assert.match(message, /^Cannot finish task dies: its worker \d+ exited with code 3/);
  assert.match(message, /, in the last of 4 runs$/);
  assert.equal(failures.length, 3);
  for (const failure of failures) {
    assert.match(failure, /^Cannot finish task dies: its worker \d+ exited with code 3/);
  }
  await runtime.shutdown();
  const runs = events.pending.filter((event) => event.startsWith("run"));
  assert.deepEqual(runs, ["run 1", "run 2", "run 3", "run 4"]);
  // Each run ends one, and there may be as many as cores beside it.
  const processes = events.pending.filter((event) => event === "process").length;
  assert(processes <= 4 + 2 + 1, `${processes} processes`);
});

test("with unlimited retries: cancelled while it waits, and ended with the runtime", async () => {
  await using sandbox = new Sandbox();
  const { events, runtime } = await counted(sandbox);
  const endless = dies.options({ maxRetries: Infinity });
  const cancelled = endless(events.path);
  for (const run of [1, 2, 3]) await events.take(`run ${run}`);
  cancel(cancelled);
  await assert.rejects(cancelled, { name: "TaskCancelledError" });
  const left = endless(events.path);
  await events.take("run 2");
  await runtime.shutdown();
  await within(
    assert.rejects(async () => left, { name: "RuntimeEndedError" }),
    "the call of the ended runtime",
  );
});

test("a predicate that never decides: cancelled, and ended with the runtime", async () => {
  await using sandbox = new Sandbox();
  const { events, runtime } = await counted(sandbox);
  let asked: () => void;
  const undecided = remote(
    () => {
      throw new RangeError("once more?");
    },
    { retryExceptions: () => new Promise(() => asked()) },
  );
  for (const end of ["cancel", "shutdown"] as const) {
    const whenAsked = new Promise<void>((resolve) => (asked = resolve));
    const ref = undecided();
    const outcome = ref.then(
      () => assert.fail("it has a result"),
      (error: MobulaError) => error.code,
    );
    await within(whenAsked, "a predicate that is asked");
    if (end === "cancel") cancel(ref);
    else await runtime.shutdown();
    const code = end === "cancel" ? "TASK_CANCELLED" : "RUNTIME_ENDED";
    assert.equal(await within(outcome, `the end of the call after ${end}`), code);
  }
  assert(events.pending.every((event) => event === "process"));
});
