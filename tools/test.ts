/**
 * Runs one suite with Node's test runner: `tsx tools/test.ts unit [part of a file name ...]`.
 * A suite that finds no test has failed. After it, nothing may be left: no process, no file.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseClosingLines } from "./closing-lines.ts";
import { LeakCheck } from "./leaks.ts";
import { rootDirectory, run, toolEnvironment } from "./run.ts";

/** Suites by folder; of two that match, the longer one owns the file. */
const suites = {
  unit: "src/",
  integration: "tests/",
  gates: "tests/gates/",
  package: "tests/package/",
};

/** The integration tests of the API once more, with `mode: "inline"`: those not about processes. */
const INLINE = "inline";
const PROCESSES_ONLY = "Processes only:";
/** Bodies that wait for a permit each hold a thread of this process. */
const inlineEnvironment = { MOBULA_TEST_MODE: INLINE, UV_THREADPOOL_SIZE: "64" };

const suiteTimeoutMs = Number(process.env["SUITE_TIMEOUT_MS"] ?? 1_100_000);
/** Of a whole file as well: on a slow machine those that start many programs take minutes. */
const testTimeoutMs = Number(process.env["TEST_TIMEOUT_MS"] ?? 600_000);

/** Begun first, so that no lane waits for one of them at the end. */
const LONGEST = ["planted-bugs", "deaths", "faults", "endings", "endless-calls", "cancel-nested"];

function findTests(suite: string): string[] {
  if (suite === INLINE) return findTests("integration").filter(isForInline);
  const files = ["src", "tests"].flatMap((folder) =>
    readdirSync(join(rootDirectory, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
      .map((entry) => relative(rootDirectory, join(entry.parentPath, entry.name))),
  );
  const found = files.filter((file) => suiteOf(file) === suite).sort();
  const isLong = (file: string): boolean => LONGEST.some((name) => file.includes(`/${name}.`));
  return [...found.filter(isLong), ...found.filter((file) => !isLong(file))];
}

function isForInline(file: string): boolean {
  const source = readFileSync(join(rootDirectory, file), "utf8");
  return source.includes("useRuntime(") && !source.includes(PROCESSES_ONLY);
}

function suiteOf(file: string): string | undefined {
  return Object.entries(suites)
    .filter(([, folder]) => file.startsWith(folder))
    .sort(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

async function main(): Promise<void> {
  const [suite = "", ...parts] = process.argv.slice(2);
  const found = findTests(suite);
  const files = found.filter(
    (file) => parts.length === 0 || parts.some((part) => file.includes(part)),
  );
  if (files.length === 0) return fail(`Cannot run suite "${suite}": it has no test files`);
  const leaks = new LeakCheck();
  const mode = suite === INLINE ? inlineEnvironment : {};
  const { exitCode, output } = await run(
    process.execPath,
    [
      "--import",
      "tsx",
      "--test",
      "--test-reporter=spec",
      "--test-concurrency=2",
      `--test-timeout=${testTimeoutMs}`,
      ...files,
    ],
    { env: toolEnvironment({ ...leaks.mark, ...mode }), timeoutMs: suiteTimeoutMs },
  );
  process.stdout.write(output);
  process.exitCode = exitCode;
  if ((parseClosingLines(output).get("tests") ?? 0) === 0) fail("no test ran");
  for (const file of findFilesWithoutTest(output)) fail(`${file} has no test`);
  for (const leak of await leaks.find()) fail(`left behind: ${leak}`);
}

/** Node takes a file that declares no test for a test of its own, which passes. */
function findFilesWithoutTest(output: string): string[] {
  return [...output.matchAll(/^✔ (\S+\.test\.ts) \(/gm)].map(([, file = ""]) => file);
}

function fail(reason: string): void {
  process.stdout.write(`✖ ${reason}\n`);
  process.exitCode = 1;
}

await main();
