/**
 * Functions do elsewhere what they do here: where they are defined x how the program is run x what
 * they capture. Each is also passed on once by the process that received it.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { build } from "esbuild";
import { cases } from "./cases.ts";
import { runners, writeProgram, type Runner } from "./programs.ts";
import { runNode, withFiles } from "./run.ts";

interface Row {
  readonly name: string;
  readonly where: string;
  readonly detail: string;
}

function runProgram(runner: Runner): Promise<Row[]> {
  return withFiles({}, async (folder) => {
    const main = await writeProgram(folder, runner);
    const entry = runner.isBundled ? await bundle(main, folder) : main;
    const { stdout, stderr } = await runNode(folder, [...runner.execArgv, entry]);
    assert.equal(stderr, "", "a program that ships functions prints no warnings");
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Row);
  });
}

async function bundle(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, "bundle.mjs");
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    keepNames: true,
    logLevel: "error",
  });
  return outfile;
}

for (const runner of runners) {
  describe(runner.name, async () => {
    const rows = await runProgram(runner);
    test("every case ran", () => assert.equal(rows.length, cases.length * 4));
    for (const { name, where, detail } of rows) {
      test(`${where}: ${name}`, () => assert.equal(detail, ""));
    }
  });
}
