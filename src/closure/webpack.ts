/** What webpack (and so Next.js) makes of modules. */

import { ownValue } from "./properties.ts";

/** Functions of its loader: of a chunk, of its file name, of exports. */
const PARTS = ["e", "u", "d", "o"];

/** Its `require`, which code gets at by `import()`: it finds modules in its own process only. */
export function isWebpackRequire(value: Function): boolean {
  return PARTS.every((part) => typeof ownValue(value, part) === "function");
}
