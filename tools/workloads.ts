/**
 * `npm run workloads`: the three workloads that pools are bad at, each as the example that shows
 * it, in one table. `npm run workloads -- --small` runs them as `npm test` does.
 */

import { availableParallelism, cpus } from "node:os";
import Table from "cli-table3";
import { cells, COLUMNS, type Timed } from "../examples/support/times.ts";
import { installPackages, smallSizes } from "./example-runs.ts";
import { run } from "./run.ts";

const WORKLOADS = [
  { name: "numerical", example: "examples/numerical.ts" },
  { name: "stateful", example: "examples/stateful.ts" },
  { name: "costly start", example: "examples/expensive-init.ts" },
] as const;
const TIMEOUT_MS = 1_800_000;

/** Throws with all that the example printed if it fails. */
async function measure(example: string, isSmall: boolean): Promise<readonly Timed[]> {
  const missing = await installPackages(example);
  if (missing !== undefined) throw new Error(missing);
  const { exitCode, stdout, output } = await run(
    process.execPath,
    ["--import", "tsx", example, ...(isSmall ? smallSizes(example) : []), "--json"],
    { timeoutMs: TIMEOUT_MS },
  );
  if (exitCode !== 0) throw new Error(`${example} exits with ${exitCode}:\n${output.trimEnd()}`);
  const lines = stdout.trimEnd().split("\n");
  for (const line of lines.slice(0, -1)) console.error(`  ${line}`);
  return JSON.parse(lines.at(-1)!) as Timed[];
}

async function main(isSmall: boolean): Promise<void> {
  const table = new Table({
    head: ["workload", "", ...COLUMNS],
    colAligns: ["left", "left", "right", "right", "right"],
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  for (const { name, example } of WORKLOADS) {
    console.error(`${name} (${example})`);
    try {
      const timed = await measure(example, isSmall);
      timed.forEach((way, index) => {
        table.push([index === 0 ? name : "", way.name, ...cells(way, timed[0]!)]);
      });
    } catch (error) {
      // The other workloads are worth their rows.
      console.error(error instanceof Error ? error.message : error);
      table.push([name, "failed, see above", "", "", ""]);
      process.exitCode = 1;
    }
  }
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  console.log(`${availableParallelism()} cores of ${processor}, Node ${process.version}`);
  console.log(table.toString());
}

await main(process.argv.includes("--small"));
