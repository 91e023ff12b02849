/** Programs that a bundler has put into one file, run where no package is beside it. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { build, type Format } from "esbuild";
import { Sandbox } from "../support/sandbox.ts";

const SOURCE = `
  import { context, get, init, put, remote, wait } from "mobula";
  import { TaskTimeoutError, WorkerCrashedError } from "mobula";
  import { join } from "node:path";

  class Point {
    #x = 3;
    y;
    constructor(y) { this.y = y; }
    get sum() { return this.#x + this.y; }
  }
  const helper = (x) => x * 2;
  const double = remote((x) => helper(x), { name: "double" });
  const fib = remote(async (n) => (n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2))));
  const everything = remote(async () => {
    const stored = await get(put({ list: [1, 2] }), { timeoutMs: 10_000 });
    const { ready } = await wait([double(1), double(2)], { count: 2 });
    return [stored.list.length, ready.length, context().taskName, join("a", "b")];
  }, { name: "everything" });
  const move = remote((point) => new Point(point.sum));
  const isLate = remote(async () => {
    const sleep = remote(() => new Promise(() => {}), { timeoutMs: 5 });
    return sleep().catch((error) => error instanceof TaskTimeoutError);
  });
  const fail = remote(function fail() { throw new RangeError("too far"); });
  const exit = remote(() => process.exit(3));

  async function main() {
    const runtime = await init({ numCpus: 2 });
    console.log(await double(21), await fib(10), (await move(new Point(4))).sum);
    console.log(await everything());
    console.log(await double.map([1, 2, 3]), await isLate());
    const crash = await exit().catch((error) => error);
    console.log(crash instanceof WorkerCrashedError, crash.name, crash.code, crash.exitCode);
    const thrown = await fail().catch((error) => error);
    const isOwnCode = thrown.stack.includes("mobula-worker");
    console.log(thrown instanceof RangeError, thrown.message, isOwnCode);
    await runtime.shutdown();
  }
  main();
`;

const PRINTED = `42 55 10
[ 2, 2, 'everything', 'a/b' ]
[ 2, 4, 6 ] true
true WorkerCrashedError WORKER_CRASHED 3
true too far false
`;

async function bundled(file: string, format: Format, minify: boolean): Promise<void> {
  await build({
    stdin: { contents: SOURCE, resolveDir: dirname(import.meta.dirname) },
    outfile: file,
    bundle: true,
    platform: "node",
    format,
    minify,
    // Its own address has no meaning in CommonJS, and none is needed.
    logOverride: { "empty-import-meta": "silent" },
    alias: { mobula: join(import.meta.dirname, "../../dist/index.js") },
  });
}

for (const format of ["esm", "cjs"] as const) {
  for (const minify of [false, true]) {
    test(`one ${minify ? "minified " : ""}file as ${format}, and nothing beside it`, async () => {
      await using sandbox = new Sandbox();
      const folder = await mkdtemp(join(tmpdir(), "mobula-bundle-"));
      try {
        const file = join(folder, format === "esm" ? "program.mjs" : "program.cjs");
        await bundled(file, format, minify);
        const env = { ...process.env, ...sandbox.env, NODE_TEST_CONTEXT: "", NODE_OPTIONS: "" };
        const run = promisify(execFile);
        const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder, env });
        assert.deepEqual([stdout, stderr], [PRINTED, ""]);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
}
