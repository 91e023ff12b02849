/**
 * Compiles `src/` to `dist/`, then removes what no source file stands behind any more, so that a
 * program that runs from `dist/` meanwhile never sees it empty.
 */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rootDirectory, run } from "./run.ts";

function removeStale(): void {
  const dist = join(rootDirectory, "dist");
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const source = join(rootDirectory, "src", path.replace(/(\.d)?\.[jt]s$/, ".ts"));
    if (/\.[jt]s$/.test(path) && !existsSync(source)) rmSync(join(dist, path));
  }
}

const { exitCode, output } = await run("tsc", ["-p", "tsconfig.build.json"]);
process.stdout.write(output);
process.exitCode = exitCode;
if (exitCode === 0) removeStale();
