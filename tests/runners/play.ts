/** Runs the program of one runner under one Node, and reads what it reported. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { cases } from "../closure/cases.ts";
import { countRows, writeProgram } from "../closure/programs.ts";
import { run, toolEnvironment } from "../../tools/run.ts";
import type { Runner } from "./forms.ts";

export interface Outcome {
  readonly passed: number;
  /** Texts of what went wrong; as many as `failed`, unless the program ended early. */
  readonly failures: readonly string[];
  readonly failed: number;
}

interface Row {
  readonly name: string;
  readonly where: string;
  readonly detail: string;
}
type AnyRow = Row | { readonly entry: number };

const TIMEOUT_MS = 120_000;
const kit = readFileSync(join(import.meta.dirname, "kit.js"), "utf8");

/** `node`: the binary; `directory`: a new folder below the workspace. */
export async function play(runner: Runner, node: string, directory: string): Promise<Outcome> {
  mkdirSync(directory, { recursive: true });
  const written = await writeProgram(directory, toForm(runner), runner.ending);
  const { code } = await transform(kit, { format: "cjs" });
  const files = { "kit.mjs": kit, "kit.cjs": code, ...runner.files };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const entry = (await runner.compile?.(written)) ?? written;
  const report = join(directory, "report.jsonl");
  const { exitCode, output } = await run(node, runner.argv(entry), {
    cwd: dirname(entry),
    env: toolEnvironment({ ...runner.env, GRID_REPORT: report }),
    timeoutMs: TIMEOUT_MS,
  });
  const rows = existsSync(report) ? readReport(report) : [];
  const total = countRows(runner.form.cases ?? cases);
  return judge(rows.map(expectRefusal(runner)), total, exitCode, output);
}

function toForm({ name, form }: Runner): Parameters<typeof writeProgram>[1] {
  return { name, execArgv: [], ...form };
}

function readReport(path: string): AnyRow[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as AnyRow);
}

/** Of a case that must be refused, the refusal is what is right. */
function expectRefusal({ refused = [] }: Runner): (row: AnyRow) => AnyRow {
  return (row) => {
    if (!("detail" in row) || !refused.includes(row.name)) return row;
    const isRefused = /remote: \{\s*error: .SerializationError: Cannot send/.test(row.detail);
    return { ...row, detail: isRefused ? "" : `not refused: ${row.detail}` };
  };
}

function judge(rows: readonly AnyRow[], total: number, exitCode: number, output: string): Outcome {
  const results = rows.filter((row) => "detail" in row);
  const entries = rows.length - results.length;
  const bad = results.filter(({ detail }) => detail !== "");
  const failures = bad.map(({ where, name, detail }) => `${where}: ${name}: ${detail}`);
  const passed = results.length - bad.length;
  if (entries !== 1) failures.push(`the top level of the entry ran ${entries} times`);
  const isEarly = exitCode !== 0 || results.length !== total;
  if (isEarly) {
    failures.push(`${results.length} of ${total} cases ran, exit code ${exitCode}:\n${output}`);
  }
  return { passed, failures, failed: Math.max(total - passed, failures.length) };
}
