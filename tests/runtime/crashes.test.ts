/**
 * Workers that end while they run a task.
 * Processes only: inline, a crash is the program's own.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { OutOfMemoryError, remote, WorkerCrashedError, type ObjectRef } from "mobula";
import { announce } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ execArgv: ["--max-old-space-size=64"], logToDriver: false });

/** A crash is seen at once. */
function once<A extends readonly unknown[], R>(fn: (...args: A) => R) {
  return remote(fn, { maxRetries: 0 });
}

async function crashOf(ref: ObjectRef<unknown>): Promise<WorkerCrashedError> {
  const [settled] = await Promise.allSettled([ref]);
  assert(settled.status === "rejected" && settled.reason instanceof WorkerCrashedError);
  return settled.reason;
}

test("process.exit in a task: the exit code and the last lines of standard error", async () => {
  const leave = once(function leave(code: number) {
    for (let i = 0; i < 30; i++) console.error(`line ${i}`);
    process.exit(code);
  });
  const error = await crashOf(leave(3));
  assert.deepEqual([error.code, error.exitCode, error.signal], ["WORKER_CRASHED", 3, undefined]);
  assert(error.pid > 1);
  assert.equal(error.stderrTail.length, 20);
  assert.equal(error.stderrTail.at(-1), "line 29");
  const [first, second, third] = error.message.split("\n");
  const start = `Cannot finish task leave: its worker ${error.pid} exited with code 3`;
  assert(first!.startsWith(start), error.message);
  assert.deepEqual([second, third], ["Its last lines on standard error:", "  line 10"]);
});

test("exit code 0 is a crash too", async () => {
  const error = await crashOf(once(() => process.exit())());
  assert.deepEqual([error.exitCode, error.signal], [0, undefined]);
});

test("a worker that is killed: the signal", async () => {
  const events = fixture.sandbox.events();
  const never = once(async (events: string) => {
    announce(events, process.pid);
    await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
  });
  for (const signal of ["SIGKILL", "SIGSEGV", "SIGTERM"] as const) {
    const ref = never(events.path);
    const pid = Number(await events.next());
    process.kill(pid, signal);
    const error = await crashOf(ref);
    assert.deepEqual([error.pid, error.signal, error.exitCode], [pid, signal, undefined]);
    assert.match(error.message, new RegExp(`its worker ${pid} was ended by ${signal}`));
  }
});

test("process.kill of itself, process.abort, and an error thrown outside of the task", async () => {
  const suicide = once(async () => {
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => {});
  });
  assert.equal((await crashOf(suicide())).signal, "SIGKILL");
  assert.equal((await crashOf(once(() => process.abort())())).signal, "SIGABRT");
  const stray = once(async () => {
    setTimeout(() => {
      throw new Error("nobody catches this");
    }, 0);
    await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
  });
  const error = await crashOf(stray());
  assert.equal(error.exitCode, 1);
  assert.match(error.message, /nobody catches this/);
});

test("a full heap: OutOfMemoryError with the memory that the worker had", async () => {
  const hoard = once(function hoard() {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1_000).fill(kept.length));
  });
  const error = await crashOf(hoard());
  assert(error instanceof OutOfMemoryError, error.message);
  assert.equal(error.code, "OUT_OF_MEMORY");
  assert.match(error.message, /^Cannot finish task hoard: its worker \d+ ran out of heap/);
  assert(error.signal === "SIGABRT" || error.exitCode !== undefined);
  if (error.residentBytes !== undefined) assert(error.residentBytes > 2 ** 20);
  assert.match(error.message, /; use less memory at a time, or give workers more with execArgv /);
  assert.equal(error.limitBytes, undefined);
});

test("a heap that memoryBytes limits: the error names the limit, and what to change", async () => {
  const hoard = once(function hoard() {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1_000).fill(kept.length));
  });
  const memoryBytes = 64 * 2 ** 20;
  const error = await crashOf(hoard.options({ memoryBytes })());
  assert(error instanceof OutOfMemoryError, error.message);
  assert.match(
    error.message,
    /, with memoryBytes of 64 MiB; use less memory at a time, or give the task more memoryBytes$/m,
  );
  assert.equal(error.limitBytes, memoryBytes);
});

test("tasks that were not on the worker are not disturbed, and later ones run", async () => {
  const square = remote((n: number) => n * n);
  const results = Array.from({ length: 20 }, (_, n) => square(n));
  const crash = once(() => process.exit(1))();
  await crashOf(crash);
  const settled = await Promise.allSettled(results);
  assert.equal(await square(5), 25);
  for (const one of settled) {
    if (one.status === "rejected") assert(one.reason instanceof WorkerCrashedError);
  }
});

test("a parent sees the crash of its child, and catches it", async () => {
  const parent = remote(async () => {
    const child = remote(() => process.exit(9)).options({
      numCpus: 0,
      env: { OTHER: "1" },
      maxRetries: 0,
    });
    const [settled] = await Promise.allSettled([child()]);
    return settled.status === "rejected" && (settled.reason as WorkerCrashedError).exitCode;
  });
  assert.equal(await parent(), 9);
});

test("twenty crashes in a row, each with its own code", async () => {
  const crash = once((code: number) => process.exit(code));
  const errors = await Promise.all(Array.from({ length: 20 }, (_, i) => crashOf(crash(i))));
  assert.deepEqual(
    errors.map((error) => error.exitCode),
    [...Array(20).keys()],
  );
});
