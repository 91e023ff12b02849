/**
 * Streams of whole programs: what is reported, and how programs end meanwhile.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Program, runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

test("a stream that fails and is not read is reported; one that was left is not", async () => {
  await using sandbox = new Sandbox();
  const source = `
    import { init, remote } from "mobula";
    await init({ numCpus: 1 });
    const failing = remote(function* (n, text) { while (n-- > 0) yield n; throw new Error(text); });
    const _unread = failing(2, "nobody looked");
    for await (const _ of failing(2, "was left")) break;
    await failing(0, "was disposed of")[Symbol.asyncDispose]();
    for await (const ref of failing(0, "as a ref").refs()) await ref.catch(() => {});
    await remote(() => 1)();
  `;
  const { exitCode, stderr } = await runProgram(sandbox, source);
  assert.equal(stderr.match(/nobody awaited its ref/g)?.length, 1, stderr);
  assert.match(stderr, /Error: nobody looked/);
  assert.equal(exitCode, 0);
});

test("shutdown in the middle of streams: who waits is told, nothing is left", async () => {
  await using sandbox = new Sandbox();
  const events = sandbox.events();
  const source = `
    import { init, remote } from "mobula";
    import { announce } from "support/rendezvous.mjs";
    const runtime = await init({ numCpus: 2 });
    const { EVENTS } = process.env;
    const waiting = remote(async function* () { yield 1; await new Promise(() => {}); });
    const endless = remote(function* () { for (;;) yield new Uint8Array(3_000); });
    const unread = endless();
    const iterator = waiting()[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    const other = endless()[Symbol.asyncIterator]();
    await other.next();
    const ended = runtime.shutdown();
    const text = (error) => error.name + ": " + error.message;
    console.log("next", await next.then(() => "came", text));
    await ended;
    let error;
    for (let n = 0; error === undefined && n < 2_000; n++) {
      await other.next().catch((e) => (error = e));
    }
    console.log("other", error?.name);
    console.log("after", await iterator.next());
    await other.return();
    await unread[Symbol.asyncDispose]();
    try { waiting(); await init(); console.log("again"); } catch (e) { console.log(e.message); }
    process.exit(0);
  `;
  const { exitCode, stdout, stderr } = await runProgram(sandbox, source, {
    env: { EVENTS: events.path },
  });
  assert.match(stdout, /^next RuntimeEndedError: /, stdout + stderr);
  assert.match(stdout, /^other RuntimeEndedError$/m);
  assert.match(stdout, /^after \{ done: true, value: undefined \}$/m);
  assert.equal(stderr, "");
  assert.equal(exitCode, 0);
});

test("a program that ends while it reads: its generators end with it", async () => {
  await using sandbox = new Sandbox();
  const source = `
    import { remote } from "mobula";
    const endless = remote(async function* () { for (let n = 0; ; n++) yield n; });
    for await (const n of endless()) if (n === 5_000) break;
    console.log("left");
    const unread = endless();
    for await (const n of endless()) if (n === 5_000) process.exit(3);
  `;
  const { exitCode, stdout } = await runProgram(sandbox, source);
  assert.deepEqual([exitCode, stdout], [3, "left\n"]);
});

test("a program that has nothing else to do waits for its streams", async () => {
  await using sandbox = new Sandbox();
  const go = sandbox.permits();
  const source = `
    import { remote } from "mobula";
    import { takePermit } from "support/rendezvous.mjs";
    const slow = remote(async function* (go) {
      for (let n = 0; n < 3; n++) { await takePermit(go); yield n; }
    });
    const read = async () => {
      for await (const n of slow(process.env.GO)) console.log(n);
      console.log("end");
    };
    read();
    console.log("nothing else to do");
  `;
  const program = new Program(sandbox, source, { env: { GO: go.path } });
  for (const printed of [/nothing else to do/, /^0$/m, /^1$/m]) {
    await program.printed(printed);
    go.give();
  }
  const { exitCode, stdout } = await program.end();
  assert.deepEqual([exitCode, stdout], [0, "nothing else to do\n0\n1\n2\nend\n"]);
});
