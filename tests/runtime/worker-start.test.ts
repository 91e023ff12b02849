/** Workers that cannot start: whoever waits for one is told why, at once. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

/** Far beyond what some starts take, also on a slow machine, and far below what one may take. */
const SLOW_MS = 10_000;

const head = `
  import { init, remote } from "mobula";
  const one = remote(() => 1);
  const report = async (promise) => {
    const beganMs = performance.now();
    await promise.then(console.log, (error) => console.log(error.name + ": " + error.message));
    if (performance.now() - beganMs > ${SLOW_MS}) console.log("slow");
  };
`;

test("a flag that Node does not know", async () => {
  await using sandbox = new Sandbox();
  const source = `${head}
    const runtime = await init({ numCpus: 1, execArgv: ["--no-such-flag"], logToDriver: false });
    for (let i = 0; i < 2; i++) await report(one());
    await runtime.shutdown();
    await init({ numCpus: 1 });
    await report(one());
  `;
  const { stdout, exitCode } = await runProgram(sandbox, source);
  assert.equal(exitCode, 0);
  const start = "EnvironmentSetupError: Cannot start worker \\d+: it ended with code 9 before";
  const text = new RegExp(`${start} it was ready\n.*--no-such-flag.*\n`, "g");
  assert.equal(stdout.match(text)?.length, 2, stdout);
  assert.match(stdout, /\n1\n$/);
  assert.doesNotMatch(stdout, /slow/);
});

test("a module that --import names and that throws", async () => {
  await using sandbox = new Sandbox();
  const broken = sandbox.newPath(".mjs");
  writeFileSync(broken, "throw new RangeError('broken at start');");
  const source = `${head}
    const execArgv = ["--import", ${JSON.stringify(broken)}];
    await init({ numCpus: 1, execArgv, logToDriver: false });
    await Promise.all([report(one()), report(one())]);
  `;
  const { stdout, exitCode } = await runProgram(sandbox, source);
  assert.equal(exitCode, 0);
  assert.equal(stdout.match(/Cannot start worker \d+: /g)?.length, 2, stdout);
  assert.equal(stdout.match(/RangeError: broken at start/g)?.length, 2, stdout);
});

test("only the tasks of that environment fail", async () => {
  await using sandbox = new Sandbox();
  const source = `${head}
    await init({ numCpus: 1, logToDriver: false });
    await report(one());
    await report(one.options({ env: { NODE_OPTIONS: "--no-such-flag" } })());
    await report(one());
    await report(one.options({ env: { OTHER: "x" } })());
  `;
  const { stdout, exitCode } = await runProgram(sandbox, source);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^1\nEnvironmentSetupError: Cannot start worker \d+: it ended with code 9/);
  assert.match(stdout, /\n1\n1\n$/);
});

test("flags of the program that workers must not inherit", async () => {
  await using sandbox = new Sandbox();
  const source = `${head}
    const look = remote(() => [process.execArgv, process.env.NODE_OPTIONS]);
    console.log(JSON.stringify(await look()));
  `;
  const flags = ["--inspect=127.0.0.1:0", "--stack-trace-limit=20", "--cpu-prof"];
  const profile = ["--cpu-prof-dir", sandbox.newPath()];
  const { stdout, exitCode } = await runProgram(sandbox, source, { flags: [...flags, ...profile] });
  assert.equal(exitCode, 0);
  assert.deepEqual(JSON.parse(stdout), [["--stack-trace-limit=20"], null]);
});

test("workers have the program's working directory, and its environment of the start", async () => {
  await using sandbox = new Sandbox();
  const source = `${head}
    process.env.BEFORE = "set";
    const look = remote(() => [process.cwd(), process.env.BEFORE, process.env.AFTER]);
    await init();
    process.env.AFTER = "set";
    console.log(JSON.stringify(await look()), process.cwd());
  `;
  const { stdout } = await runProgram(sandbox, source, { cwd: "/usr" });
  assert.equal(stdout, '["/usr","set",null] /usr\n');
});

test("a task or an actor with an environment larger than the system takes", async () => {
  await using sandbox = new Sandbox();
  const source = `${head}
    const runtime = await init({ numCpus: 1, logToDriver: false });
    const env = { LARGE: "x".repeat(200_000) };
    class Actor { one() { return 1; } }
    await report(one.options({ env })());
    await report(new (remote(Actor, { env }))().one());
    await report(one());
    await report(new (remote(Actor))().one());
    await runtime.shutdown();
  `;
  const { stdout, exitCode } = await runProgram(sandbox, source);
  assert.equal(exitCode, 0);
  const refused =
    "EnvironmentSetupError: Cannot start worker: the system refuses it (spawn E2BIG); " +
    "give it a smaller environment, or allow more processes and open files\n";
  assert.equal(stdout, `${refused}${refused}1\n1\n`);
});
