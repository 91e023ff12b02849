/**
 * Whatever dies, and whatever is going on: what was awaited rejects and says why, what comes after
 * works, and nothing is left.
 * Processes only: inline, there is one process.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Events } from "../support/fifo.ts";
import { isRunning } from "../support/processes.ts";
import { Program } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";
import { eventually } from "../support/within.ts";

interface Scene {
  /** Pushes to `pending`, and has the process to be killed say `ready()`. */
  readonly source: string;
  /** What is awaited rejects with when that process dies. */
  readonly error: string | undefined;
}

/** What is going on. */
const scenes: Readonly<Record<string, Scene>> = {
  nothing: {
    source: "await remote(() => ready())();",
    error: undefined,
  },
  "an endless loop": {
    source: "pending.push(remote(() => { ready(); for (;;); }, once)());",
    error: "WorkerCrashedError",
  },
  "a nested call": {
    source: `
      const child = remote(() => { ready(); return new Promise(() => {}); }, once);
      pending.push(remote(async () => await child(), once)());`,
    error: "WorkerCrashedError",
  },
  "a call of an actor": {
    source: `
      class Waiter { wait() { ready(); return new Promise(() => {}); } }
      const waiter = new (remote(Waiter))();
      pending.push(waiter.wait());`,
    error: "ActorDiedError",
  },
  "a stream": {
    source: `
      const numbers = remote(async function* () {
        yield 1;
        ready();
        await new Promise(() => {});
      });
      const stream = numbers();
      pending.push((async () => { for await (const n of stream) n; })());`,
    error: "WorkerCrashedError",
  },
  "reading of a stored value": {
    source: `
      const stored = put(new Float64Array(1_000_000));
      const read = remote((array) => {
        ready();
        for (;;) array.reduce((sum, value) => sum + value, 0);
      }, once);
      pending.push(read(stored));`,
    error: "WorkerCrashedError",
  },
  "a map": {
    source: `
      const spin = remote(() => { ready(); for (;;); }, once);
      pending.push(spin.map([1, 2, 3]).then(() => {}));`,
    error: "WorkerCrashedError",
  },
};

const head = `
  import { get, init, put, remote } from "mobula";
  import { announce, takePermit } from "support/rendezvous.mjs";
  const { EVENTS, GO } = process.env;
  const once = { maxRetries: 0 };
  const ready = () => announce(EVENTS, process.pid);
  const pending = [];
  await init({ numCpus: 2, logToDriver: false });
`;
/** Prints how each of what was pending has ended, and that a call works then. */
const tail = `
  const outcomes = Promise.allSettled(pending);
  announce(EVENTS, "pending");
  for (const { status, reason } of await outcomes) {
    console.log(status, reason?.name, reason?.message.split("\\n")[0]);
  }
`;

interface Running {
  readonly program: Program;
  readonly sandbox: Sandbox;
  readonly events: Events;
  /** Lets the program go on. */
  readonly give: () => void;
  /** In which `ready()` was called. */
  readonly pid: number;
}

async function during(
  scene: Scene,
  ending: string,
  act: (running: Running) => Promise<void>,
): Promise<void> {
  await using sandbox = new Sandbox();
  const [events, go] = [sandbox.events(), sandbox.permits()];
  const env = { EVENTS: events.path, GO: go.path };
  const program = new Program(sandbox, `${head}${scene.source}${tail}${ending}`, { env });
  await events.take("pending");
  const pid = Number(await events.next());
  await act({ program, sandbox, events, give: () => go.give(), pid });
  await program.end();
}

type Signal = "SIGKILL" | "SIGTERM" | "SIGSEGV" | "SIGABRT";

/** SIGKILL in each scene, the other signals in some: a test for each. */
function testEach(
  who: string,
  others: readonly Signal[],
  body: (scene: Scene, signal: Signal) => Promise<void>,
): void {
  for (const [index, [what, scene]] of Object.entries(scenes).entries()) {
    const other = others[index % others.length]!;
    for (const signal of ["SIGKILL", other] as const) {
      test(`${who} dies by ${signal} during ${what}`, () => body(scene, signal));
    }
  }
}

testEach("a worker", ["SIGTERM", "SIGSEGV", "SIGABRT"], async (scene, signal) => {
  const ending = `
        ${scene.error === undefined ? "await takePermit(GO);" : ""}
        console.log(await remote((n) => n * n)(3));
        process.exit();`;
  await during(scene, ending, async ({ program, give, pid }) => {
    process.kill(pid, signal);
    if (scene.error === undefined) {
      await eventually(() => (isRunning(pid) ? `process ${pid} runs still` : undefined));
      give();
    }
    const { stdout, exitCode } = await program.end();
    const lines = stdout.trimEnd().split("\n");
    assert.deepEqual([lines.pop(), exitCode], ["9", 0]);
    if (scene.error === undefined) return assert.deepEqual(lines, []);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, new RegExp(`^rejected ${scene.error} Cannot .* by ${signal}`));
    assert(lines[0]!.includes(String(pid)), lines[0]);
  });
});

testEach("the daemon", ["SIGTERM", "SIGSEGV"], async (scene, signal) => {
  const ending = `
        // Nobody tells it: it calls until that fails.
        for (let error; error === undefined; ) {
          try { await remote(() => 1)(); } catch (reason) { error = reason; }
          if (error !== undefined) console.log(error.name);
        }
        await init({ numCpus: 1 });
        console.log(await remote((n) => n * n)(3));
        process.exit();`;
  await during(scene, ending, async ({ program, sandbox, pid }) => {
    const [daemon] = sandbox.pidsOf("mobula daemon");
    process.kill(daemon!, signal);
    await eventually(() => (isRunning(pid) ? `process ${pid} runs still` : undefined));
    const { stdout, exitCode } = await program.end();
    const lines = stdout.trimEnd().split("\n");
    assert.deepEqual(lines.splice(-2), ["RuntimeEndedError", "9"]);
    assert.equal(exitCode, 0);
    if (scene.error === undefined) return assert.deepEqual(lines, []);
    assert.deepEqual(lines, [
      "rejected RuntimeEndedError Cannot go on: the daemon of this runtime, process " +
        `${daemon}, was ended by ${signal}; call init() to start a new one`,
    ]);
  });
});

testEach("the program", ["SIGTERM", "SIGSEGV", "SIGABRT"], async (scene, signal) => {
  // The sandbox sees to it that nothing is left then.
  await during(scene, "await takePermit(GO);", async ({ program }) => {
    program.kill(signal);
    assert.equal((await program.end()).signal, signal);
  });
});

const ends: Readonly<Record<string, string>> = {
  "comes to its end": "",
  "calls process.exit": "process.exit();",
  "throws an error": 'throw new Error("mine");',
  "shuts the runtime down": "await (await init()).shutdown();",
};

for (const [how, end] of Object.entries(ends)) {
  test(`the daemon is stopped, and the program ${how}: nothing is left`, async () => {
    const scene: Scene = {
      source: `
        class Closing { ping() {} [Symbol.dispose]() {} }
        const closing = new (remote(Closing))();
        await closing.ping();
        ready();`,
      error: undefined,
    };
    await during(scene, `await takePermit(GO);${end}`, async ({ program, sandbox, give }) => {
      process.kill(sandbox.pidsOf("mobula daemon")[0]!, "SIGSTOP");
      give();
      await program.end();
    });
  });
}

test("the daemon is stopped: calls on leases that are held go on, all others wait", async () => {
  const scene: Scene = {
    source: `
      const square = remote((n) => n * n);
      await square(1);
      ready();`,
    error: undefined,
  };
  // An idle lease is given back after a while: it is in use until the daemon is stopped.
  const ending = `
    let isStopped = false;
    takePermit(GO).then(() => (isStopped = true));
    while (!isStopped) await square(0);
    for (let n = 0; n < 100; n++) console.log(await square(n));
    const wide = remote(() => "wide").options({ numCpus: 2 })();
    console.log(await Promise.race([wide, square(2)]));
    announce(EVENTS, "waits");
    console.log(await wide);
    process.exit();`;
  await during(scene, ending, async ({ program, sandbox, give, events }) => {
    const [daemon] = sandbox.pidsOf("mobula daemon");
    process.kill(daemon!, "SIGSTOP");
    give();
    await events.take("waits");
    process.kill(daemon!, "SIGCONT");
    const { stdout } = await program.end();
    const squares = Array.from({ length: 100 }, (_, n) => n * n);
    assert.deepEqual(stdout.trimEnd().split("\n"), [...squares.map(String), "4", "wide"]);
  });
});

test("a worker ends by itself while the daemon is stopped: that is said later", async () => {
  const scene: Scene = {
    source: `
      const act = remote(function act(n) { return n < 0 ? process.exit(3) : n; }, once);
      await act(1);
      ready();`,
    error: undefined,
  };
  const ending = `
    let isStopped = false;
    takePermit(GO).then(() => (isStopped = true));
    while (!isStopped) await act(0);
    const left = act(-1);
    // Longer than this process waits for the news before it wants the worker ended.
    console.log(await get(left, { timeoutMs: 2_500 }).catch(({ name }) => name));
    announce(EVENTS, "given up");
    console.log(await left.catch(({ message }) => message.replace(/ \\(resident \\d+ MiB\\)/, "")));
    process.exit();`;
  await during(scene, ending, async ({ program, sandbox, give, events }) => {
    const [daemon] = sandbox.pidsOf("mobula daemon");
    process.kill(daemon!, "SIGSTOP");
    give();
    await events.take("given up");
    process.kill(daemon!, "SIGCONT");
    const [name, message] = (await program.end()).stdout.split("\n");
    assert.equal(name, "GetTimeoutError");
    assert.match(message!, /^Cannot finish task act: its worker \d+ exited with code 3$/);
  });
});
