import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const source = new URL("./guarded-buffers.ts", import.meta.url).href;

/** How a program ends that has such a buffer, and what it says. */
function run(end: string): { status: number | null; stdout: string; stderr: string } {
  const program = `
    import { guardBuffer } from ${JSON.stringify(source)};
    globalThis.kept = guardBuffer(new ArrayBuffer(8));
    process.on("exit", (code) => console.log("exit", code));
    ${end}`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("exit listeners added just before the end run, and say what the exit code is", () => {
  const { status, stdout } = run(
    `process.once("exit", () => { console.log("last"); process.exitCode = 5; }); process.exit(3);`,
  );
  assert.deepEqual([status, stdout], [5, "exit 3\nlast\n"]);
});

test("an exception that nobody catches is printed", () => {
  const { status, stdout, stderr } = run(`setImmediate(() => { throw new Error("seen"); });`);
  assert.deepEqual([status, stdout], [1, "exit 1\n"]);
  assert.match(stderr, /Error: seen/);
});
