/** Runs the examples as a reader would: each has to end well, print something, leave nothing. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { installPackages, smallSizes } from "./example-runs.ts";
import { LeakCheck } from "./leaks.ts";
import { rootDirectory, run, toolEnvironment } from "./run.ts";

const EXAMPLE_TIMEOUT_MS = 120_000;

async function checkExample(example: string): Promise<string[]> {
  const leaks = new LeakCheck();
  const { exitCode, stdout, output } = await run(
    process.execPath,
    ["--import", "tsx", example, ...smallSizes(example)],
    {
      env: toolEnvironment(leaks.mark),
      timeoutMs: EXAMPLE_TIMEOUT_MS,
    },
  );
  const faults = (await leaks.find()).map((leak) => `leaves behind: ${leak}`);
  if (exitCode !== 0) faults.push(`exits with ${exitCode}:\n${output}`);
  else if (stdout === "") faults.push("prints nothing");
  return faults;
}

const examples = readdirSync(join(rootDirectory, "examples"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => `examples/${name}`);
if (examples.length === 0) {
  process.stdout.write("No example found in examples/\n");
  process.exitCode = 1;
}
for (const example of examples) {
  const missing = await installPackages(example);
  if (missing !== undefined) {
    // Without a registry, the others still show what they are to show.
    process.stdout.write(`${example} is not run: ${missing}\n`);
    continue;
  }
  for (const fault of await checkExample(example)) {
    process.stdout.write(`${example} ${fault}\n`);
    process.exitCode = 1;
  }
}
