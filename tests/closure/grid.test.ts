/**
 * Functions do elsewhere what they do here: where they are defined x how the program is run x what
 * they capture. `depth 1` passes a function on from the process that received it.
 */

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { cases } from "./cases.ts";
import { kitUrl, runners, writeProgram, type Runner } from "./programs.ts";

interface Row {
  readonly name: string;
  readonly where: string;
  readonly detail: string;
}

async function runProgram(runner: Runner): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "closure-grid-"));
  try {
    let entry = await writeProgram(folder, runner);
    if (runner.isBundled) entry = await bundle(entry, folder);
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...runner.execArgv, entry],
      { cwd: folder, env: { ...process.env, CLOSURE_KIT: kitUrl }, maxBuffer: 64 * 2 ** 20 },
    );
    assert.equal(stderr, "", "a program that ships functions prints no warnings");
    return stdout.trim().split("\n").map((line) => JSON.parse(line) as Row);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundle(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, "bundle.mjs");
  await build({
    entryPoints: [entry], outfile, bundle: true, minify: true, format: "esm", platform: "node",
    keepNames: true, logLevel: "error",
  });
  return outfile;
}

for (const runner of runners) {
  describe(runner.name, async () => {
    const rows = await runProgram(runner);
    assert.equal(rows.length, cases.length * 4);
    for (const { name, where, detail } of rows) {
      test(`${where}: ${name}`, () => assert.equal(detail, ""));
    }
  });
}
