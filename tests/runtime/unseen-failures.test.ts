/** A failure that nobody looked at is reported once: when its ref goes, or at the end. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

/** With one core `later` is over when all is over that was called before. */
const head = `
  import { get, init, put, remote, wait, cancel } from "mobula";
  const fail = remote(function fail(text) { throw new RangeError(text); });
  const later = remote((_after) => 1);
`;

/** Standard error of the program, which must end well: an unseen failure is not fatal. */
async function errorsOf(source: string, flags: readonly string[] = []): Promise<string> {
  await using sandbox = new Sandbox();
  const { exitCode, stderr } = await runProgram(sandbox, head + source, { flags });
  assert.equal(exitCode, 0, stderr);
  return stderr;
}

function reportsIn(text: string): number {
  return text.split("A task failed and nobody awaited its ref").length - 1;
}

test("at the end of the program, once per task", async () => {
  const text = await errorsOf(`const refs = [fail("first"), fail("second")]; await later(1);
    globalThis.refs = refs;`);
  assert.equal(reportsIn(text), 2);
  assert.match(text, /^A task failed and nobody awaited its ref \S+:\nRangeError: first\n {4}at /m);
  assert.match(text, /RangeError: second/);
  assert.match(text, /--- called remotely\n {4}at \S+\.mjs:5/);
});

test("when the program shuts the runtime down, and not again at its end", async () => {
  const text = await errorsOf(`
    const runtime = await init({ numCpus: 1 });
    const ref = fail("seen at shutdown");
    await later(1); await later(2);
    await wait([later(3)]);
    await runtime.shutdown();
  `);
  assert.equal(reportsIn(text), 1, text);
});

test("when the ref is collected", async () => {
  const text = await errorsOf(
    `
    await init({ numCpus: 1 });
    let reported;
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text) => { reported = true; return write(text); };
    (() => { void fail("dropped"); })();
    await later(1); await later(2);
    for (let i = 0; i < 200 && !reported; i++) { gc(); await later(i); }
    write(reported ? "before the end\\n" : "not before the end\\n");
  `,
    ["--expose-gc"],
  );
  assert.equal(reportsIn(text), 1);
  assert.match(text, /before the end\n$/);
  assert.doesNotMatch(text, /not before the end/);
});

test("not if somebody looked, in whatever way", async () => {
  const text = await errorsOf(`
    await fail("awaited").catch(() => {});
    await fail("then").then(null, () => {});
    await get(fail("get")).catch(() => {});
    await Promise.allSettled([fail("settled")]);
    await later(fail("passed on")).catch(() => {});
    await later([fail("nested")]);
    const open = remote(async ([ref]) => { await ref.catch(() => {}); });
    await open([fail("awaited elsewhere")]);
    const refs = [fail("one"), fail("two")];
    for (const ref of refs) await ref.catch(() => {});
  `);
  assert.equal(text, "");
});

test("a task that was cancelled or timed out counts like any other", async () => {
  const text = await errorsOf(`
    const never = remote(async function never() { await new Promise(() => {}); });
    globalThis.ref = never();
    cancel(globalThis.ref);
  `);
  assert(reportsIn(text) <= 1, text);
});
