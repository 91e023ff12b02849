/** What only the first shipped function needs is loaded then: start-up time counts. */

import { createRequire } from "node:module";
import type * as Acorn from "acorn";
import type * as Inspector from "node:inspector";

const require = createRequire(import.meta.url);

let loadedAcorn: typeof Acorn | undefined;
let loadedInspector: typeof Inspector | undefined;

/** The parser, about 10 ms the first time. */
export function acorn(): typeof Acorn {
  return (loadedAcorn ??= require("acorn") as typeof Acorn);
}

/** Throws where Node was built or started without an inspector. */
export function inspector(): typeof Inspector {
  return (loadedInspector ??= require("node:inspector") as typeof Inspector);
}
