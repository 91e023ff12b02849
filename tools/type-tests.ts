/** The type tests under every TypeScript that users may have: oldest supported, ours, newest. */

import { join } from "node:path";
import { rootDirectory, run } from "./run.ts";

for (const version of ["typescript-5.5", "typescript", "typescript-7"]) {
  const compiler = join(rootDirectory, "node_modules", version, "bin/tsc");
  const { exitCode, output } = await run(process.execPath, [compiler, "-p", "tests/types"]);
  if (exitCode === 0) continue;
  process.stdout.write(`${version}:\n${output}`);
  process.exitCode = 1;
}
