/**
 * Captured values that are not data but belong to the process: module namespaces, `require`, the
 * platform's own objects. The receiver takes its own.
 */

import { pathToFileURL } from "node:url";
import { types } from "node:util";
import { ownRequire } from "./package-files.ts";
import { findBuiltinObject } from "./builtins.ts";
import { referenceCode, type ReferenceCode } from "./code.ts";
import { findNamespace } from "./namespaces.ts";
import { findImported, findImportMetaUrl } from "./modules.ts";
import { isNativeText, textOf } from "./platform.ts";
import { ownValue } from "./properties.ts";
import { builtinReference } from "./references.ts";

/** Put in the place of such a value; `Closures.extend` sends its code, `create` finds the value. */
export class Standin {
  readonly code: ReferenceCode;
  constructor(code: ReferenceCode) {
    this.code = code;
  }
}

/** `isEntry`: of a URL; nobody else may load the entry. `undefined`: an ordinary value. */
export function findStandin(
  value: object,
  isEntry: (url: string) => boolean,
): ReferenceCode | undefined {
  const imported = findImported(value);
  if (imported !== undefined) return referenceCode("import", imported.specifier, imported);
  if (Array.isArray(value)) return findCommonJsExports(value, isEntry);
  const metaUrl = findImportMetaUrl(value);
  if (metaUrl !== undefined) return referenceCode("import-meta", metaUrl);
  if (types.isModuleNamespaceObject(value)) return findNamespace(value, isEntry, findModule);
  const builtin = findBuiltinObject(value);
  return builtin ? builtinReference(builtin) : findCommonJsExports(value, isEntry);
}

/** The `require` of a CommonJS module, or what `createRequire` made. */
export function findRequire(value: Function): ReferenceCode | undefined {
  if (ownValue(value, "cache") !== ownRequire.cache) return undefined;
  const [folder] = (value as NodeJS.Require).resolve.paths("_") ?? [];
  if (folder === undefined) return undefined;
  // The first folder searched lies beside the file; its name does not matter.
  return referenceCode("require-function", pathToFileURL(`${folder}/../_`).href);
}

const modulesByExports = new WeakMap<object, NodeJS.Module>();
let modulesSeen = 0;
let message: object | undefined;
let mayHaveLoaded = true;

/** While one message is written no module is loaded: a look at the list is enough for all of it. */
export function beginMessage(next: object): void {
  if (next === message) return;
  message = next;
  mayHaveLoaded = true;
}

function lookAtModules(): void {
  const modules = Object.values(ownRequire.cache);
  if (modules.length === modulesSeen) return;
  modulesSeen = modules.length;
  for (const module of modules) {
    const exports: unknown = module?.exports;
    if (module && typeof exports === "object" && exports) modulesByExports.set(exports, module);
  }
}

/** The CommonJS module that exports it, and is loaded. */
function findModule(exports: object): NodeJS.Module | undefined {
  if (mayHaveLoaded) lookAtModules();
  mayHaveLoaded = false;
  const module = modulesByExports.get(exports);
  return module?.exports === exports && module.loaded ? module : undefined;
}

function findCommonJsExports(
  value: object,
  isEntry: (url: string) => boolean,
): ReferenceCode | undefined {
  const module = findModule(value);
  if (module === undefined) return undefined;
  const url = pathToFileURL(module.filename).href;
  return isEntry(url) ? undefined : referenceCode("require", url);
}

const SHOWN = /^\(\) ?=> ?[\w$]+$/;

/**
 * What a file exports, where it cannot be loaded again: the entry's `exports`, what a bundler or a
 * test runner made of a module. All of it is much, and may be more than can be sent.
 */
export function isModuleLike(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (ownValue(value, Symbol.toStringTag) === "Module") return true;
  if (ownValue(value, "__esModule") === true || modulesByExports.has(value)) return true;
  return isUnmarkedModule(value);
}

/** As webpack exports where nobody asks for a mark: all is fixed, getters show variables. */
function isUnmarkedModule(value: object): boolean {
  const properties = Object.values(Object.getOwnPropertyDescriptors(value));
  const areFixed = properties.every((each) => !each.configurable && !each.writable && !each.set);
  return areFixed && properties.some(({ get }) => get && SHOWN.test(textOf(get)));
}

/**
 * The members that a function uses. A getter stays one, for it shows a variable that may change;
 * of plain objects it would be called, therefore this is none.
 */
export function pick(value: object, members: readonly string[]): object {
  const used = members.filter((key) => key in value);
  const properties = used.map((key) => {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    if (property?.get !== undefined && !isNativeText(textOf(property.get))) return [key, property];
    const data = { value: Reflect.get(value, key) as unknown, enumerable: true };
    return [key, { ...data, writable: true, configurable: true }];
  }) as [string, PropertyDescriptor][];
  const isPlain = properties.every(([, { get }]) => get === undefined);
  const picked = (isPlain ? {} : Object.create(Object.create(null) as object)) as object;
  return Object.defineProperties(picked, Object.fromEntries(properties));
}

/** What `module` is in a CommonJS file. */
export function isCommonJsModule(value: object): value is NodeJS.Module {
  const filename = ownValue(value, "filename");
  return typeof filename === "string" && ownRequire.cache[filename] === value;
}
