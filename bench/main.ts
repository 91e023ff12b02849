/** `npm run bench`: see README.md in this folder. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { build } from "./harness/build.ts";
import { runCase } from "./harness/run.ts";
import { SCALE_VARIABLE } from "./harness/scale.ts";
import { renderReport } from "./harness/table.ts";
import { CONTENDERS } from "./harness/types.ts";
import type { Case, Report } from "./harness/types.ts";

const RESULTS = new URL("results/", import.meta.url);

const OPTIONS = {
  case: { type: "string", multiple: true, default: [] as string[] },
  contender: { type: "string", multiple: true, default: [] as string[] },
  rounds: { type: "string", default: "5" },
  json: { type: "string" },
  scale: { type: "string", default: "1" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const HELP = `npm run bench -- [options]
  --case name        only this case; may be repeated
  --contender name   only this contender; may be repeated
  --rounds n         rounds per case, 5 unless given
  --json file        all reports in one file, beside bench/results/<case>.json
  --scale factor     of the work of cases that take minutes, 1 unless given
  --list             the cases with their contenders
MOBULA_BENCH_PYTHON=/path/to/python adds Ray and multiprocessing`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(HELP);
  if (!existsSync(new URL("../dist/index.js", import.meta.url))) {
    throw new Error("Cannot run the bench: dist/ is missing; run `npm run build` first");
  }
  if (!(Number(values.scale) > 0)) {
    throw new Error(`Cannot scale by "${values.scale}": pass a number above 0`);
  }
  // Cases look at it when they are loaded.
  process.env[SCALE_VARIABLE] = values.scale;
  const { CASES, getCase } = await import("./cases/index.ts");
  if (values.list) return console.log(CASES.map(listed).join("\n"));
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`Cannot run "${values.rounds}" rounds: pass a whole number from 1 up`);
  }
  const stranger = values.contender.find((name) => !CONTENDERS.includes(name));
  if (stranger !== undefined) {
    throw new Error(`Cannot run contender "${stranger}": choose of ${CONTENDERS.join(", ")}`);
  }
  const cases = values.case.length === 0 ? CASES : values.case.map(getCase);
  const options = {
    rounds,
    build: await build(),
    contenders: values.contender,
    log: console.error,
  };
  const reports: Report[] = [];
  for (const chosen of cases) {
    console.error(chosen.name);
    const report = await runCase(chosen, options);
    reports.push(report);
    await save(new URL(`${slug(chosen.name)}.json`, RESULTS), report);
    console.log(`\n${renderReport(report)}\n`);
  }
  if (values.json !== undefined) await save(values.json, reports);
}

async function save(file: string | URL, content: unknown): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

function listed(chosen: Case): string {
  return `${chosen.name}: ${chosen.what}\n    ${chosen.contenders.join(", ")}`;
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
