/** Functions that are exports of ordinary modules: their module and name are sent, no text. */

import { fileURLToPath } from "node:url";
import { ownRequire } from "./package-files.ts";
import { referenceCode, sha256, type ReferenceCode } from "./code.ts";
import type { BuiltinName } from "./builtins.ts";
import type { Inspected, Location, Scope } from "./inspect.ts";
import { getScriptFile, type ScriptFile } from "./scripts.ts";
import { isSameElsewhere, sourceOf } from "./sources.ts";

const { cache } = ownRequire;

/** `undefined`: it is no export, or its module is still being evaluated. */
export function findReference(
  subject: Function,
  text: string,
  { location, scopes }: Inspected,
): ReferenceCode | undefined {
  if (location === undefined) return undefined;
  const file = getScriptFile(location);
  if (!/^(file|data):/.test(file.url)) return undefined;
  const found = findExport(subject, text, scopes, file, location);
  return found && isSameElsewhere(file.url, file.source) ? found : undefined;
}

function findExport(
  subject: Function,
  text: string,
  scopes: readonly Scope[],
  file: ScriptFile,
  location: Location,
): ReferenceCode | undefined {
  const scope = scopes.find(({ description }) => description === "Module");
  return scope === undefined
    ? findInCommonJs(subject, text, file)
    : findInModule(subject, text, file, scope, location);
}

function findInModule(
  subject: Function,
  text: string,
  file: ScriptFile,
  scope: Scope,
  location: Location,
): ReferenceCode | undefined {
  const name = findExportName(subject, text, file, scope, location);
  // Whoever imports a module waits until its top level is done: it must not wait for itself.
  if (name === undefined || file.findProgress() !== undefined) return undefined;
  return reference("import", file.url, [name], text);
}

function findExportName(
  subject: Function,
  text: string,
  file: ScriptFile,
  scope: Scope,
  location: Location,
): string | undefined {
  const { exports, defaultStart } = file.module;
  for (const [local, exported] of exports) {
    if (readOr(scope, local) === subject) return exported;
  }
  if (defaultStart === undefined) return undefined;
  return file.findStart(text, location) === defaultStart ? "default" : undefined;
}

/** A variable that is not initialised yet throws in newer engines: it is nobody's export yet. */
export function readOr(scope: Scope, name: string): unknown {
  try {
    return scope.object[name];
  } catch {
    // As the comment above says; nothing else in a scope throws.
    return undefined;
  }
}

function findInCommonJs(
  subject: Function,
  text: string,
  { url }: ScriptFile,
): ReferenceCode | undefined {
  if (!url.startsWith("file:")) return undefined;
  const module = cache[fileURLToPath(url)];
  if (module === undefined || !module.loaded) return undefined;
  const exports: unknown = module.exports;
  if (exports === subject) return reference("require", url, [], text);
  if (typeof exports !== "object" && typeof exports !== "function") return undefined;
  if (exports === null) return undefined;
  // Compilers export through getters, which do nothing but return a variable.
  const name = Object.keys(exports).find((key) => Reflect.get(exports, key) === subject);
  return name === undefined ? undefined : reference("require", url, [name], text);
}

function reference(
  via: "import" | "require",
  url: string,
  path: readonly string[],
  text: string,
): ReferenceCode {
  return referenceCode(via, url, { path, textHash: sha256(text), ...sourceOf(url) });
}

export function builtinReference({ specifier, path }: BuiltinName): ReferenceCode {
  return referenceCode("builtin", specifier, { path });
}
