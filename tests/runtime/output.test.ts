/** What tasks write appears in the program, with a prefix, before their results. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Program, runProgram, type ProgramOptions } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

async function outputOf(
  source: string,
  options?: ProgramOptions,
): Promise<{ stdout: string; stderr: string }> {
  await using sandbox = new Sandbox();
  const program = `import { init, remote } from "mobula";\n${source}`;
  const { exitCode, stdout, stderr } = await runProgram(sandbox, program, options);
  assert.equal(exitCode, 0, stderr);
  // Process numbers differ each time.
  const hide = (text: string): string => text.replace(/pid=\d+/g, "pid=N");
  return { stdout: hide(stdout), stderr: hide(stderr) };
}

test("each line has the function's name and the process, on its stream", async () => {
  const { stdout, stderr } = await outputOf(`
    const speak = remote(function speak(text) { console.log(text); console.error("!" + text); });
    await speak("one\\ntwo");
    await speak.options({ name: "renamed" })("three");
  `);
  assert.equal(stdout, "(speak pid=N) one\n(speak pid=N) two\n(renamed pid=N) three\n");
  assert.equal(stderr, "(speak pid=N) !one\n(speak pid=N) two\n(renamed pid=N) !three\n");
});

test("a line written in pieces is one line, and ends with its task at the latest", async () => {
  const { stdout } = await outputOf(`
    const dots = remote(async function dots() {
      for (let dot = 0; dot < 3; dot++) {
        process.stdout.write(".");
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    await dots();
    console.log("result");
    const crash = remote(function crash() {
      process.stdout.write("about to ");
      process.stdout.write("fall");
      process.kill(process.pid, "SIGKILL");
    }, { maxRetries: 0 });
    await crash().catch(() => console.log("fallen"));
  `);
  assert.equal(stdout, "(dots pid=N) ...\nresult\n(crash pid=N) about to fall\nfallen\n");
});

test("before the result is seen, every time", async () => {
  const { stdout } = await outputOf(`
    const speak = remote(function speak(n) { console.log("task " + n); return n; });
    for (let i = 0; i < 200; i++) console.log("result " + (await speak(i)));
  `);
  const expected = Array.from({ length: 200 }, (_, n) => `(speak pid=N) task ${n}\nresult ${n}\n`);
  assert.equal(stdout, expected.join(""));
});

test("before a failure, and from async bodies", async () => {
  const { stdout } = await outputOf(`
    const speak = remote(async function speak() {
      console.log("first");
      await new Promise((resolve) => setImmediate(resolve));
      console.log("second");
      throw new Error("thrown");
    });
    await speak().catch((error) => console.log(error.message));
  `);
  assert.equal(stdout, "(speak pid=N) first\n(speak pid=N) second\nthrown\n");
});

test("of nested tasks, also when they run in their parent's process", async () => {
  const { stdout } = await outputOf(`
    await init({ numCpus: 1 });
    const inner = remote(function inner(n) { console.log("inner " + n); return n; });
    const outer = remote(async function outer() {
      console.log("outer begins");
      const values = [await inner(1), await inner(2)];
      console.log("outer ends");
      return values;
    });
    console.log(await outer());
  `);
  assert.equal(
    stdout,
    "(outer pid=N) outer begins\n(inner pid=N) inner 1\n(inner pid=N) inner 2\n" +
      "(outer pid=N) outer ends\n[ 1, 2 ]\n",
  );
});

test("what a crashing worker wrote last", async () => {
  const { stdout, stderr } = await outputOf(`
    const crash = remote(function crash() {
      console.log("to standard output");
      console.error("to standard error");
      process.exit(1);
    }, { maxRetries: 0 });
    await crash().catch((error) => console.log(error.name));
  `);
  assert.match(stdout, /^\(crash pid=N\) to standard output\nWorkerCrashedError\n$/);
  assert.match(stderr, /^\(crash pid=N\) to standard error\n$/);
});

test("of child processes of a task", async () => {
  await using sandbox = new Sandbox();
  const permits = sandbox.permits();
  const source = `
    import { spawnSync } from "node:child_process";
    import { remote } from "mobula";
    import { takePermit } from "support/rendezvous.mjs";
    const run = remote(function run() {
      spawnSync("echo", ["from a child"], { stdio: "inherit" });
      return "done";
    });
    console.log(await run());
    await takePermit(${JSON.stringify(permits.path)});
  `;
  const program = new Program(sandbox, source);
  // It takes another way than results, which may be there before it.
  await program.printed(/\((?:run|worker) pid=\d+\) from a child\n/);
  permits.give();
  assert.equal((await program.end()).exitCode, 0);
});

test("bytes, encodings, callbacks, text without an end of line", async () => {
  const { stdout } = await outputOf(`
    const write = remote(async function write() {
      process.stdout.write(Buffer.from("bytes\\n"));
      process.stdout.write("68657821", "hex");
      process.stdout.write("\\n");
      await new Promise((resolve) => process.stdout.write("with callback\\n", resolve));
      process.stdout.write("no end");
    });
    await write();
    console.log("after");
  `);
  const text = stdout.replaceAll("(write pid=N) ", "");
  assert.equal(text.replaceAll("\n", ""), "byteshex!with callbackno endafter");
  assert.match(stdout, /no end\nafter\n$/);
});

test("logToDriver: false keeps workers quiet", async () => {
  const outcome = await outputOf(`
    await init({ logToDriver: false });
    await remote(() => { console.log("x"); console.error("y"); })();
    console.log("after");
  `);
  assert.deepEqual(outcome, { stdout: "after\n", stderr: "" });
});

test("twenty thousand lines come whole and in order", async () => {
  const { stdout } = await outputOf(`
    const speak = remote(function speak(n) { for (let i = 0; i < n; i++) console.log(i); });
    await speak(20_000);
    console.log("end");
  `);
  const lines = stdout.split("\n");
  assert.equal(lines.length, 20_002);
  assert.equal(lines[19_999], "(speak pid=N) 19999");
  assert.equal(lines[20_000], "end");
});
