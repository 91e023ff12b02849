/**
 * Module namespaces as values. The language does not tell what module one belongs to: a built-in
 * or CommonJS module is known by its default export, one of the program's by a function it exports.
 * That another module exports the very same under the same names makes no difference.
 */

import { pathToFileURL } from "node:url";
import { findBuiltinObject } from "./builtins.ts";
import { referenceCode, type ReferenceCode } from "./code.ts";
import { inspectFunction } from "./inspect.ts";
import { isNativeText, textOf } from "./platform.ts";
import { readOr } from "./references.ts";
import { getScriptFile } from "./scripts.ts";
import { isSameElsewhere, sourceOf } from "./sources.ts";

/** What CommonJS modules have beside the names that were found in their exports. */
const COMMON_NAMES = new Set(["default", "module.exports"]);

type Namespace = Readonly<Record<string, unknown>>;

/**
 * `undefined`: it cannot be told whose it is, or nobody else may load that. `findModule`: that of
 * CommonJS exports.
 */
export function findNamespace(
  namespace: object,
  isEntry: (url: string) => boolean,
  findModule: (exports: object) => NodeJS.Module | undefined,
): ReferenceCode | undefined {
  const found = findByDefault(namespace as Namespace, findModule) ?? findByExports(namespace);
  return found === undefined || isEntry(found.specifier) ? undefined : found;
}

function findByDefault(
  namespace: Namespace,
  findModule: (exports: object) => NodeJS.Module | undefined,
): ReferenceCode | undefined {
  const names = Object.keys(namespace);
  if (!names.includes("default")) return undefined;
  const exports = namespace["default"];
  if (typeof exports !== "object" || exports === null) return undefined;
  if (!names.every((name) => COMMON_NAMES.has(name) || name in exports)) return undefined;
  const builtin = findBuiltinObject(exports);
  if (builtin?.path.length === 0) return referenceCode("import", builtin.specifier);
  const module = findModule(exports);
  return module && referenceCode("import", pathToFileURL(module.filename).href);
}

function findByExports(namespace: object): ReferenceCode | undefined {
  for (const name of Object.keys(namespace)) {
    const exported = Reflect.get(namespace, name) as unknown;
    if (typeof exported !== "function" || isNativeText(textOf(exported))) continue;
    const found = findByFunction(exported, namespace as Namespace);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The module in which the function was defined, if it has just those exports. */
function findByFunction(exported: Function, namespace: Namespace): ReferenceCode | undefined {
  const { location, scopes } = inspectFunction(exported);
  const scope = scopes.find(({ description }) => description === "Module");
  if (location === undefined || scope === undefined) return undefined;
  const file = getScriptFile(location);
  if (!/^(file|data):/.test(file.url)) return undefined;
  const { exports, defaultStart } = file.module;
  const names = new Set(exports.values());
  if (defaultStart !== undefined) names.add("default");
  const given = Object.keys(namespace);
  if (given.length !== names.size || !given.every((name) => names.has(name))) return undefined;
  for (const [local, name] of exports) {
    if (!Object.is(readOr(scope, local), namespace[name])) return undefined;
  }
  if (file.findProgress() !== undefined || !isSameElsewhere(file.url, file.source))
    return undefined;
  return referenceCode("import", file.url, sourceOf(file.url));
}
