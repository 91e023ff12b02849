/** However a program or one of its processes ends: moments later nothing of it is left. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isRunning } from "../support/processes.ts";
import { Program, runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";
import { eventually } from "../support/within.ts";

/** What the two workers do meanwhile. */
const bodies: Readonly<Record<string, string>> = {
  idle: "",
  "waiting for ever": "await new Promise(() => {});",
  "in an endless loop": "for (;;);",
  "with children of their own": `
    const { spawn, execSync } = await import("node:child_process");
    spawn("sleep", ["1000"], { stdio: "inherit" });
    spawn("sleep", ["1000"], { stdio: "ignore" });
    execSync("sleep 1000");
  `,
  "deaf to signals": `
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
    await new Promise(() => {});
  `,
};

function source(body: string, ending: string): string {
  return `
    import { remote } from "mobula";
    import { announce, takePermit } from "support/rendezvous.mjs";
    const { EVENTS, GO } = process.env;
    const run = remote(async (n) => { announce(process.env.EVENTS, "started " + n); ${body} });
    for (const ref of [run(1), run(2)]) ref.then(() => {}, () => {});
    await takePermit(GO);
    ${ending}
  `;
}

/**
 * Runs a program until both of its workers are in the body, then `ending`, and does `act`.
 * At the end nothing may be left. The program never ends by itself.
 */
async function afterStart(
  body: string,
  ending: string,
  act: (program: Program, sandbox: Sandbox) => unknown,
): Promise<void> {
  await using sandbox = new Sandbox();
  const [events, go] = [sandbox.events(), sandbox.permits()];
  const env = { EVENTS: events.path, GO: go.path };
  const keepAlive = `setInterval(() => {}, 2 ** 30); ${ending}`;
  const program = new Program(sandbox, source(body, keepAlive), { env });
  await events.take("started 1");
  await events.take("started 2");
  go.give();
  await act(program, sandbox);
  await program.end();
}

const signals: readonly (readonly [NodeJS.Signals, string])[] = [
  ...Object.keys(bodies).map((what) => ["SIGKILL", what] as const),
  ["SIGINT", "in an endless loop"],
  ["SIGINT", "with children of their own"],
  ["SIGTERM", "deaf to signals"],
  ["SIGHUP", "in an endless loop"],
];

for (const [signal, what] of signals) {
  test(`${signal} to the program, workers ${what}`, async () => {
    await afterStart(bodies[what]!, "", async (program) => {
      program.kill(signal);
      const ended = await program.end();
      assert.equal(ended.signal, signal);
    });
  });
}

const endings: Readonly<Record<string, readonly [source: string, exitCode: number]>> = {
  "process.exit": ["process.exit(4);", 4],
  "an uncaught exception": ["throw new Error('uncaught');", 1],
  "an unhandled rejection": ["Promise.reject(new Error('unhandled'));", 1],
};

for (const [what, [ending, exitCode]] of Object.entries(endings)) {
  for (const state of ["in an endless loop", "with children of their own"]) {
    test(`${what} in the program, workers ${state}`, async () => {
      await afterStart(bodies[state]!, ending, async (program) => {
        const ended = await program.end();
        assert.equal(ended.exitCode, exitCode, ended.stderr);
      });
    });
  }
}

test("a program that ends in the turn of its first call", async () => {
  for (const ending of ["process.exit();", "throw new Error();", "process.kill(process.pid, 9);"]) {
    for (const first of ["remote(() => 1)();", "put(1);", "init();"]) {
      await using sandbox = new Sandbox();
      await runProgram(sandbox, `import { init, put, remote } from "mobula"; ${first} ${ending}`);
    }
  }
});

test("a program that handles SIGINT ends when it wants to", async () => {
  const ending = `process.on("SIGINT", () => { console.log("asked"); process.exit(5); });
    console.log("ready");`;
  await afterStart(bodies["in an endless loop"]!, ending, async (program) => {
    await program.printed(/ready/);
    program.kill("SIGINT");
    const ended = await program.end();
    assert.deepEqual([ended.stdout, ended.exitCode], ["ready\nasked\n", 5]);
  });
});

for (const what of Object.keys(bodies).slice(1)) {
  test(`SIGKILL of the daemon, workers ${what}: pending calls reject`, async () => {
    const ending = `
      const outcome = run(3).then(() => "resolved", (error) => error.name + ": " + error.message);
      console.log("ready");
      console.log(await outcome);
      try { run(4); }
      catch ({ code, message, pid, signal }) { console.log(message, code, pid, signal); }
      process.exit();
    `;
    await afterStart(bodies[what]!, ending, async (program, sandbox) => {
      await program.printed(/ready/);
      const [pid] = sandbox.pidsOf("mobula daemon");
      process.kill(pid!, "SIGKILL");
      const { stdout, exitCode } = await program.end();
      assert.equal(exitCode, 0);
      const expected =
        `Cannot go on: the daemon of this runtime, process ${pid}, was ended by SIGKILL; ` +
        "call init() to start a new one";
      assert.equal(stdout.split("\n")[1], `RuntimeEndedError: ${expected}`);
      // Who calls later is told the same.
      assert.equal(stdout.split("\n")[2], `${expected} RUNTIME_ENDED ${pid} SIGKILL`);
    });
  });
}

test("SIGKILL of program and daemon at once: the next program removes the files", async () => {
  // Without the Linux call a worker sees it only when its event loop turns.
  const isPortable = process.env["MOBULA_PORTABLE"] === "1";
  const body = bodies[isPortable ? "deaf to signals" : "in an endless loop"]!;
  await afterStart(body, "", async (program, sandbox) => {
    const [daemon] = sandbox.pidsOf("mobula daemon");
    process.kill(daemon!, "SIGSTOP");
    program.kill("SIGKILL");
    await program.end();
    process.kill(daemon!, "SIGKILL");
    await eventually(() => (isRunning(daemon!) ? "the daemon runs still" : undefined));
    const next = await runProgram(sandbox, `import { init } from "mobula"; await init();`);
    assert.equal(next.exitCode, 0, next.stderr);
  });
});

test("SIGKILL of a worker: its children go, the program goes on and ends well", async () => {
  const ending = `
    const { pid } = process;
    console.log("ready");
    const add = remote((a, b) => a + b).options({ numCpus: 0 });
    await takePermit(GO);
    console.log(await add(1, 2));
    process.exit();
  `;
  await using sandbox = new Sandbox();
  const [events, go] = [sandbox.events(), sandbox.permits()];
  const env = { EVENTS: events.path, GO: go.path };
  const body = bodies["with children of their own"]!;
  const program = new Program(sandbox, source(body, ending), { env });
  await events.take("started 1");
  await events.take("started 2");
  go.give();
  await program.printed(/ready/);
  for (const pid of sandbox.pidsOf("mobula worker")) process.kill(pid, "SIGKILL");
  go.give();
  const { stdout } = await program.end();
  assert.equal(stdout, "ready\n3\n");
});
