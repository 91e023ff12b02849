/** Start and end of a runtime as a program sees them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

/** Runs the program and expects it to end well without a word on standard error. */
async function output(source: string): Promise<string> {
  await using sandbox = new Sandbox();
  const { exitCode, stdout, stderr } = await runProgram(sandbox, source);
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
  return stdout;
}

const head = `
  import { init, remote, put, get, wait, context } from "mobula";
  const square = remote((x) => x * x);
  const messageOf = (promise) => promise.then(() => "resolved", (error) => error.message);
`;

test("the first call starts the runtime; the program ends by itself", async () => {
  assert.equal(await output(`${head} console.log(await square(3));`), "9\n");
});

test("a program that never calls starts nothing", async () => {
  assert.equal(await output(`${head} console.log(typeof square);`), "function\n");
});

test("an unawaited call is finished before the program ends", async () => {
  const source = `${head}
    import fs from "node:fs";
    const write = remote((file) => fs.writeFileSync(file, "written"));
    const file = "written.txt";
    void write(file);
    process.on("exit", () => console.log(fs.readFileSync(file, "utf8")));
  `;
  assert.equal(await output(source), "written\n");
});

test("put and init alone do not keep the program alive", async () => {
  assert.equal(await output(`${head} await init(); put(1); console.log("end");`), "end\n");
  assert.equal(await output(`${head} put(1); console.log("end");`), "end\n");
});

test("init twice: the same options give the same runtime, others throw", async () => {
  const source = `${head}
    const first = await init({ numCpus: 1, resources: { gpu: 2 } });
    await init({ resources: { gpu: 2 }, numCpus: 1 });
    await init();
    console.log(await messageOf(init({ numCpus: 2 })));
    console.log((await first.resources()).total.gpu);
    console.log(await square(2));
  `;
  assert.equal(
    await output(source),
    "Cannot init: the runtime runs already, with other options; " +
      "call init() before the first remote call, or shut the runtime down first\n2\n4\n",
  );
});

test("init with other options after the first call throws", async () => {
  const source = `${head} await square(1); console.log(await messageOf(init({ numCpus: 1 })));`;
  assert.match(await output(source), /^Cannot init: the runtime runs already, with other options/);
});

test("shutdown rejects what is pending, and calls after it throw", async () => {
  const source = `${head}
    const runtime = await init({ numCpus: 1 });
    const never = remote(() => new Promise(() => {}));
    const ready = square(3);
    const value = put([1]);
    await ready;
    const pending = [never(), never(), square(never())].map(messageOf);
    await wait([never()], { timeoutMs: 1 });
    await runtime.shutdown();
    await runtime.shutdown();
    for (const one of await Promise.all(pending)) console.log(one);
    for (const call of [() => square(1), () => put(1), () => context()]) {
      try { call(); } catch (error) { console.log(error.code, error.message); }
    }
    console.log(await ready, await value, await get(ready));
  `;
  const pending = "Cannot finish: the runtime was shut down; call init()\n";
  const lines = (await output(source)).split("\n");
  assert.equal(lines.slice(0, 3).join("\n") + "\n", pending.repeat(3));
  for (const line of lines.slice(3, 6)) {
    assert.match(line, /^RUNTIME_ENDED Cannot .*: the runtime has ended; call init\(\)/);
  }
  assert.equal(lines[6], "9 [ 1 ] 9");
});

test("after shutdown init starts a new runtime, in which the same functions run", async () => {
  const source = `${head}
    const offset = { value: 10 };
    const shifted = remote((x) => x + offset.value).options({ name: "shifted" });
    const ids = new Set();
    for (let i = 0; i < 3; i++) {
      const runtime = await init({ numCpus: 1 + i });
      console.log(await shifted(i), await square(i));
      ids.add(context().jobId);
      await runtime.shutdown();
    }
    console.log(ids.size);
  `;
  assert.equal(await output(source), "10 0\n11 1\n12 4\n3\n");
});

test("await using ends the runtime at the end of the block", async () => {
  await using sandbox = new Sandbox();
  const source = `
    import { init, remote } from "mobula";
    {
      await using runtime = await init({ numCpus: 2 });
      console.log(await remote((x: number) => x + 1)(1), typeof runtime.shutdown);
    }
    try { remote(() => 1)(); } catch (error) { console.log((error as Error).name); }
  `;
  const tsx = import.meta.resolve("tsx");
  const options = { flags: ["--import", tsx], extension: ".mts" };
  const { stdout, stderr } = await runProgram(sandbox, source, options);
  assert.deepEqual([stdout, stderr], ["2 function\nRuntimeEndedError\n", ""]);
});

test("usable from CommonJS, from standard input and from --eval", async () => {
  await using sandbox = new Sandbox();
  const source = `
    const { remote } = require("mobula");
    remote((x) => x * 2)(21).then((n) => console.log(n));
  `;
  const common = await runProgram(sandbox, source, { extension: ".cjs" });
  assert.deepEqual([common.stdout, common.stderr], ["42\n", ""]);
  const evaluated = await runProgram(sandbox, "", { flags: ["--eval", source] });
  assert.deepEqual([evaluated.stdout, evaluated.stderr], ["42\n", ""]);
});

test("the entry module's top level runs in the program only", async () => {
  const source = `${head}
    console.log("top level in", process.env.MOBULA_TOP ?? "the program");
    process.env.MOBULA_TOP = "a worker";
    const helper = (x) => x + 1;
    export const exported = remote((x) => helper(x));
    console.log(await exported(1));
  `;
  assert.equal(await output(source), "top level in the program\n2\n");
});
