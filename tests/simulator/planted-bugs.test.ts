/**
 * The simulator finds bugs: each is planted into a copy of the sources, with which it runs.
 * Processes only: each copy runs in a process of its own.
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { build } from "esbuild";
import { rootDirectory, run } from "../../tools/run.ts";
import { plantedBugs, type PlantedBug } from "./planted-bugs.ts";

/** Inside the package, so that what it depends on is found. */
const base = join(rootDirectory, "node_modules/.cache");
mkdirSync(base, { recursive: true });
const directory = mkdtempSync(join(base, "planted-"));
after(() => rmSync(directory, { recursive: true }));

/** Runs in which a bug has to be found. */
const RUNS = 600;
/** Runs that find nothing where there is nothing: more are what `npm run simulate` is for. */
const RIGHT_RUNS = 30;

/** The simulator's program with all that it runs, in one file. */
async function bundle(outfile: string, bug?: PlantedBug): Promise<void> {
  const source = (path: string): string => join(rootDirectory, "src", path);
  await build({
    entryPoints: [join(rootDirectory, "tests/simulator/main.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    logLevel: "error",
    plugins: [
      {
        name: "planted bug",
        setup(context) {
          context.onResolve({ filter: /^mobula$/ }, () => ({ path: source("index.ts") }));
          context.onResolve({ filter: /^mobula\/testing$/ }, () => ({
            path: source("testing/index.ts"),
          }));
          context.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, "utf8");
            if (bug === undefined || path !== source(bug.file)) return undefined;
            assert.equal(text.split(bug.right).length, 2, `${bug.file} has ${bug.right} once`);
            return { contents: text.replace(bug.right, bug.wrong), loader: "ts" };
          });
        },
      },
    ],
  });
}

async function simulate(file: string, runs: number): Promise<{ exitCode: number; output: string }> {
  const args = [file, "--from-seed", "1", "--runs", String(runs), "--failures-max", "1"];
  return run(process.execPath, args, { timeoutMs: 240_000 });
}

test("without a bug nothing is found", async () => {
  const file = join(directory, "right.mjs");
  await bundle(file);
  const { exitCode, output } = await simulate(file, RIGHT_RUNS);
  assert.equal(exitCode, 0, output);
});

for (const [index, bug] of plantedBugs.entries()) {
  test(`found: ${bug.what}`, async () => {
    const file = join(directory, `bug-${index}.mjs`);
    await bundle(file, bug);
    const { exitCode, output } = await simulate(file, RUNS);
    assert.equal(exitCode, 1, output);
    assert.match(output, /^seed \d+: Cannot accept the run of seed \d+: /m);
  });
}
