/**
 * Programs with actors: how they end, and what is left of their actors when the runtime is over.
 * Each runs in a sandbox of its own, where nothing may be left.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram, type ProgramResult } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

const classes = `
  import { init, kill, remote } from "mobula";
  class Counter {
    n = 0;
    add() { return ++this.n; }
    pid() { return process.pid; }
    loop() { for (;;); }
    async never() { await new Promise(() => {}); }
  }
  const RemoteCounter = remote(Counter);
  const told = (error) => console.log(error.name + ": " + error.message);
`;

async function run(body: string): Promise<ProgramResult> {
  await using sandbox = new Sandbox();
  const ended = await runProgram(sandbox, classes + body);
  assert.equal(ended.stderr, "");
  return ended;
}

async function linesOf(body: string): Promise<string[]> {
  const { stdout, exitCode } = await run(body);
  assert.equal(exitCode, 0);
  return stdout.trimEnd().split("\n");
}

test("a program ends although it has actors: idle, never called, not made yet", async () => {
  const printed = await linesOf(`
    const counter = new RemoteCounter();
    console.log(await counter.add());
    globalThis.kept = [counter, new RemoteCounter(), new RemoteCounter()];
  `);
  assert.deepEqual(printed, ["1"]);
});

test("a program ends in the turn in which it has made an actor", async () => {
  assert.deepEqual(await linesOf("globalThis.kept = new RemoteCounter();"), [""]);
  const { exitCode } = await run("new RemoteCounter().add(); process.exit(4);");
  assert.equal(exitCode, 4);
});

test("a program waits for the calls that it has made", async () => {
  const printed = await linesOf(`
    const counter = new RemoteCounter();
    counter.add();
    counter.add().then((n) => console.log(n));
  `);
  assert.deepEqual(printed, ["2"]);
});

test("a call that was given up does not hold up the program, though it runs on", async () => {
  for (const options of ["{ timeoutMs: 1 }", "{ signal: AbortSignal.timeout(1_000) }"]) {
    const printed = await linesOf(`
      const counter = new RemoteCounter();
      await counter.add();
      await counter.loop.options(${options})().catch(({ name }) => console.log(name));
    `);
    assert.deepEqual(printed, [options.includes("signal") ? "TimeoutError" : "TaskTimeoutError"]);
  }
});

test("startTimeoutMs is over with the constructor: it does not hold up the program", async () => {
  const printed = await linesOf(`
    const counter = new (RemoteCounter.options({ maxRestarts: 1, startTimeoutMs: 60_000 }))();
    console.log(await counter.add());
  `);
  assert.deepEqual(printed, ["1"]);
});

test("after shutdown: calls throw, kill and disposal have nothing to do", async () => {
  const printed = await linesOf(`
    const runtime = await init({ numCpus: 1 });
    const [idle, busy, unborn] = [new RemoteCounter(), new RemoteCounter(), new RemoteCounter()];
    await idle.add();
    const pending = busy.never();
    const queued = unborn.add();
    await runtime.shutdown();
    await pending.catch(told);
    await queued.catch(told);
    for (const handle of [idle, busy]) {
      try { handle.add(); } catch (error) { told(error); }
    }
    await kill(idle);
    await kill(busy);
    await idle[Symbol.asyncDispose]();
    await unborn[Symbol.asyncDispose]();
    console.log("done");
  `);
  const text = "RuntimeEndedError: Cannot finish: the runtime was shut down; call init()";
  assert.deepEqual(printed, [text, text, text, text, "done"]);
});

test("kill and disposal do not wait for ever when the runtime ends meanwhile", async () => {
  const printed = await linesOf(`
    const runtime = await init({ numCpus: 1 });
    const [first, second] = [new RemoteCounter(), new RemoteCounter()];
    await Promise.all([first.add(), second.add()]);
    const killing = kill(first);
    const disposing = second[Symbol.asyncDispose]();
    await runtime.shutdown();
    const outcomes = await Promise.allSettled([killing, disposing]);
    console.log(outcomes.map(({ status }) => status).join());
  `);
  assert.deepEqual(printed, ["fulfilled,fulfilled"]);
});

test("a second runtime: new actors live there, handles of the first are of no use", async () => {
  const printed = await linesOf(`
    const first = await init({ numCpus: 1 });
    const old = new RemoteCounter();
    console.log(await old.add());
    await first.shutdown();
    await init({ numCpus: 1 });
    const counter = new RemoteCounter();
    console.log(await counter.add());
    try { await old.add(); } catch (error) { told(error); }
    const use = remote(async (handle) => await handle.add());
    try { await use(old); } catch (error) { told(error); }
    console.log(await use(counter));
  `);
  const text = "RuntimeEndedError: Cannot finish: the runtime was shut down; call init()";
  const refused =
    "SerializationError: Cannot send args[0]: it is a handle of an actor (Counter) that has " +
    "ended with its runtime; create a new one";
  assert.deepEqual(printed, ["1", "1", text, refused, "2"]);
});
