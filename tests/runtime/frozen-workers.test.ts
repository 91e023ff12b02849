/**
 * Workers that are stopped by a signal: reported, and replaced after a time.
 * Processes only: inline, whoever stops a worker stops the program.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Events } from "../support/fifo.ts";
import { isRunning } from "../support/processes.ts";
import { Program } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";
import { eventually } from "../support/within.ts";

interface Scene {
  readonly program: Program;
  readonly events: Events;
  readonly give: () => void;
}

/** Runs a program whose tasks announce their pids; `act` stops them. */
async function withProgram(
  source: string,
  /** As the program writes them. */
  options: string,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using sandbox = new Sandbox();
  const [events, go] = [sandbox.events(), sandbox.permits()];
  const whole = `
    import { init, remote } from "mobula";
    import { announce, takePermit } from "support/rendezvous.mjs";
    const { EVENTS, GO } = process.env;
    const runtime = await init({ numCpus: 1, ${options} });
    const meet = async () => {
      announce(EVENTS, process.pid);
      await takePermit(GO);
      return process.pid;
    };
    const outcome = (promise) => promise.then((value) => value, (error) => error.message);
    ${source}
    await runtime.shutdown();
  `;
  const env = { EVENTS: events.path, GO: go.path };
  const program = new Program(sandbox, whole, { env });
  await act({ program, events, give: () => go.give() });
  await program.end();
}

test("a worker that goes on before its time is over: both are said, and all goes on", async () => {
  const source = `console.log(await remote(meet, { maxRetries: 0 })());`;
  await withProgram(source, "", async ({ program, events, give }) => {
    const pid = Number(await events.next());
    process.kill(pid, "SIGSTOP");
    const stopped = await program.printedError(/^(Worker .*)\n/);
    assert.equal(
      stopped,
      `Worker ${pid} is stopped; let it go on with kill -CONT ${pid}; ` +
        "otherwise it is ended in 10 s",
    );
    process.kill(pid, "SIGCONT");
    await program.printedError(/goes on, after [\d.]+ s\n$/);
    give();
    const { stdout, stderr, exitCode } = await program.end();
    assert.deepEqual([stdout, exitCode], [`${pid}\n`, 0]);
    const [, second, ...rest] = stderr.split("\n");
    assert.equal(second!.replace(/[\d.]+ s/, "N s"), `Worker ${pid} goes on, after N s`);
    assert.deepEqual(rest, [""]);
  });
});

test("one that does not is replaced, and its task runs again, uncounted", async () => {
  const source = `
    const once = async () => [await meet(), (await import("mobula")).context().attempt];
    console.log(...await remote(once, { maxRetries: 1 })());
  `;
  await withProgram(source, "frozenWorkerMs: 100", async ({ program, events, give }) => {
    const stopped = Number(await events.next());
    process.kill(stopped, "SIGSTOP");
    const next = Number(await events.next());
    assert.notEqual(next, stopped);
    give();
    const { stdout, stderr } = await program.end();
    assert.equal(stdout, `${next} 1\n`);
    assert.equal(
      stderr.replace(/was stopped for [\d.]+ s/, "was stopped for N s"),
      `Worker ${stopped} is stopped; let it go on with kill -CONT ${stopped}; ` +
        "otherwise it is ended in 0.1 s\n" +
        `Worker ${stopped} was stopped for N s and is ended: its tasks run again, its actor ` +
        "restarts if it may\n",
    );
    await eventually(() => (isRunning(stopped) ? `process ${stopped} runs still` : undefined));
  });
});

test("a task that runs once at most fails, and says why", async () => {
  const source = `console.log(await outcome(remote(meet, { maxRetries: 0 })()));`;
  await withProgram(source, "frozenWorkerMs: 100", async ({ program, events }) => {
    const pid = Number(await events.next());
    process.kill(pid, "SIGSTOP");
    const { stdout } = await program.end();
    assert.equal(
      stdout.replace(/resident \d+/, "resident N").replace(/for \d+ ms/, "for N ms"),
      `Cannot finish task meet: its worker ${pid} was ended by SIGKILL (resident N MiB): ` +
        "it was stopped for N ms\n",
    );
  });
});

test("an actor restarts", async () => {
  const source = `
    class Place {
      meet() { return meet(); }
    }
    const place = new (remote(Place, { maxRestarts: 1, maxTaskRetries: 1 }))();
    console.log(await place.meet());
  `;
  await withProgram(source, "frozenWorkerMs: 100", async ({ program, events, give }) => {
    const stopped = Number(await events.next());
    process.kill(stopped, "SIGSTOP");
    const next = Number(await events.next());
    give();
    assert.notEqual(next, stopped);
    assert.equal((await program.end()).stdout, `${next}\n`);
  });
});

test("one that was stopped while it had nothing to do is found when it gets a task", async () => {
  const source = `
    const run = remote(meet);
    await run();
    announce(EVENTS, "idle");
    await takePermit(GO);
    console.log(await run());
  `;
  await withProgram(source, "frozenWorkerMs: 100", async ({ program, events, give }) => {
    const stopped = Number(await events.next());
    give();
    await events.take("idle");
    process.kill(stopped, "SIGSTOP");
    give();
    const next = Number(await events.next());
    give();
    assert.notEqual(next, stopped);
    assert.equal((await program.end()).stdout, `${next}\n`);
  });
});

test("without a limit it is reported, and waited for", async () => {
  const source = `console.log(await remote(meet)());`;
  await withProgram(source, "frozenWorkerMs: Infinity", async ({ program, events, give }) => {
    const pid = Number(await events.next());
    process.kill(pid, "SIGSTOP");
    await program.printedError(/\n/);
    process.kill(pid, "SIGCONT");
    give();
    const { stdout, stderr } = await program.end();
    assert.equal(stdout, `${pid}\n`);
    const [first] = stderr.split("\n");
    assert.equal(first, `Worker ${pid} is stopped; let it go on with kill -CONT ${pid}`);
  });
});
