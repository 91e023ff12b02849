/**
 * The import rules of `.dependency-cruiser.cjs`. dependency-cruiser sees nothing, and finds nothing
 * wrong, when it cannot use the TypeScript it is given; so what it saw is compared with the folder.
 */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { rootDirectory, run } from "./run.ts";

const folders = ["src", "tests", "examples", "bench", "tools"].filter((folder) =>
  existsSync(join(rootDirectory, folder)),
);

function countSources(): number {
  return folders
    .flatMap((folder) =>
      readdirSync(join(rootDirectory, folder), { recursive: true, encoding: "utf8" }),
    )
    .filter((path) => /\.[cm]?ts$/.test(path) && !path.includes("node_modules/")).length;
}

const { output } = await run("depcruise", folders);
process.stdout.write(output);
// Its exit code is the number of violations, of which the system keeps one byte.
if (!output.includes("no dependency violations found")) process.exitCode = 1;

const seen = Number(/\((\d+) modules|(\d+) modules,/.exec(output)?.slice(1).find(Boolean) ?? 0);
const expected = countSources();
if (seen < expected) {
  process.stdout.write(`Only ${seen} modules seen, ${folders.join(", ")} hold ${expected}\n`);
  process.exitCode = 1;
}
