/** How `tsx` is run without its extra process. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const tsx = join(import.meta.dirname, "../../node_modules/tsx/dist");

/** Arguments of `node` that make it `tsx`. */
export const tsxArgv: readonly string[] = [
  "--require",
  join(tsx, "preflight.cjs"),
  "--import",
  pathToFileURL(join(tsx, "loader.mjs")).href,
];
