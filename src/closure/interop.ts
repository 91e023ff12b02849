/**
 * `import` that a compiler turned into `helper(require("x"))`: the variable holds the exports of a
 * module, or a copy with getters made by the helper. Elsewhere the module is required again.
 */

import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "./package-files.ts";
import { referenceCode, type ReferenceCode } from "./code.ts";

/** How `import * as ns` and `import x` see a CommonJS module. */
export type Interop = "namespace" | "node-namespace" | "default";

/** A declaration `name = helper(require(specifier))`. */
export interface InteropCall {
  readonly specifier: string;
  readonly interop: Interop;
}

export function findInteropCall(name: string, source: string): InteropCall | undefined {
  const quoted = name.replaceAll("$", "\\$");
  const call = `([\\w$.]+)\\(\\s*require\\(\\s*["']([^"']+)["']\\s*\\)\\s*(,\\s*1\\s*)?\\)`;
  const match = new RegExp(`(?<![\\w$.])${quoted}\\s*=\\s*${call}`).exec(source);
  if (match === null) return undefined;
  const [, helper = "", specifier = "", nodeMode] = match;
  if (/default/i.test(helper)) return { specifier, interop: "default" };
  return { specifier, interop: nodeMode === undefined ? "namespace" : "node-namespace" };
}

/** `undefined`: `value`, in the file `url`, is not what that call gave. */
export function interopReference(
  { specifier, interop }: InteropCall,
  value: unknown,
  url: string,
): ReferenceCode | undefined {
  if (typeof value !== "object" || value === null || !url.startsWith("file:")) return undefined;
  const require = createRequire(url);
  const filename = require.resolve(specifier);
  if (!isSame(value, require(filename))) return undefined;
  const target = isAbsolute(filename) ? pathToFileURL(filename).href : filename;
  return referenceCode("require", target, { interop });
}

/** A variable of that name further in is another one. */
function isSame(value: object, exports: unknown): boolean {
  if (value === exports || Reflect.get(value, "default") === exports) return true;
  if (typeof exports !== "object" || exports === null) return false;
  return Object.keys(exports).every((key) => Reflect.get(value, key) === Reflect.get(exports, key));
}

const made = new WeakMap<object, Map<Interop, object>>();

/** What such a helper makes of the exports of a module. */
export function applyInterop(exports: object, interop: Interop): object {
  const isModule = Reflect.get(exports, "__esModule") === true;
  if (isModule && interop !== "node-namespace") return exports;
  let known = made.get(exports);
  if (known === undefined) made.set(exports, (known = new Map<Interop, object>()));
  let result = known.get(interop);
  if (result === undefined) known.set(interop, (result = wrap(exports, interop)));
  return result;
}

function wrap(exports: object, interop: Interop): object {
  if (interop === "default") return { default: exports };
  const namespace = Object.create(Object.getPrototypeOf(exports) as object | null) as object;
  for (const key of Object.getOwnPropertyNames(exports)) {
    if (key === "default") continue;
    Object.defineProperty(namespace, key, {
      get: () => Reflect.get(exports, key) as unknown,
      enumerable: true,
    });
  }
  return Object.defineProperty(namespace, "default", { value: exports, enumerable: true });
}
