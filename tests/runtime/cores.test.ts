/** How many cores a program takes. */

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { Program, runProgram } from "../support/program.ts";
import { cpuTicks } from "../support/processes.ts";
import { Sandbox } from "../support/sandbox.ts";

const source = `
  import { init } from "mobula";
  const { total } = await (await init()).resources();
  console.log(total.CPU, total.memory > 2 ** 20);
`;

test("those that its affinity allows", async () => {
  await using sandbox = new Sandbox();
  const one = await runProgram(sandbox, source, { under: ["taskset", "-c", "0"] });
  assert.equal(one.stdout, "1 true\n");
  const all = await runProgram(sandbox, source);
  assert.equal(all.stdout, `${availableParallelism()} true\n`);
});

test("an idle program uses no processor time", async () => {
  await using sandbox = new Sandbox();
  const idle = `
    import { remote } from "mobula";
    await remote(() => 1)();
    setInterval(() => {}, 2 ** 30);
    console.log("idle");
  `;
  const program = new Program(sandbox, idle);
  await program.printed(/idle/);
  const ticks = (): number => {
    return sandbox.processes().reduce((sum, { pid }) => sum + cpuTicks(pid), 0);
  };
  // It calms down; then there are two seconds in a row without a tick.
  let before = ticks();
  let calm = 0;
  for (let second = 0; calm < 2 && second < 15; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const now = ticks();
    calm = now === before ? calm + 1 : 0;
    before = now;
  }
  assert.equal(calm, 2);
  program.kill("SIGKILL");
  await program.end();
});
