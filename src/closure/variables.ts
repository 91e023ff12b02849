/** Variables as the scopes of a function show them. */

import { builtinModules } from "node:module";
import { CannotShip } from "./cannot-ship.ts";
import { inspectFunction, type Location, type Scope } from "./inspect.ts";
import { isNativeText, isNodeUrl, textOf } from "./platform.ts";
import { getScriptFile, type ScriptFile } from "./scripts.ts";
import { findRequire } from "./standins.ts";

export function isModule(scope: Scope): boolean {
  return scope.description === "Module";
}

/** Innermost scope that declares `name`; the global object's names need no capture. */
export function findScope(name: string, scopes: readonly Scope[]): Scope | undefined {
  return scopes.find(
    ({ description, object }) => description !== "Global" && Object.hasOwn(object, name),
  );
}

export function readVariable(
  name: string,
  scopes: readonly Scope[],
  file: ScriptFile,
  location: Location,
): unknown {
  const scope = findScope(name, scopes);
  if (scope === undefined) return Reflect.get(globalThis, name);
  const value = readProperty(scope, name);
  // Older engines show `undefined` for a variable that is not initialised yet.
  if (value !== undefined || !IS_HIDDEN) return value;
  const isPending = isModule(scope)
    ? (file.module.declaredAt.get(name) ?? 0) > (file.findProgress() ?? Infinity)
    : file.isPending(name, location);
  if (isPending) throw notInitialised(name);
  return value;
}

const IS_HIDDEN = process.versions.node.startsWith("20.");

function readProperty({ object }: Scope, name: string): unknown {
  try {
    return object[name];
  } catch (error) {
    // Newer engines show a variable that is not initialised yet as one that throws.
    if (error instanceof ReferenceError) throw notInitialised(name);
    throw error;
  }
}

function notInitialised(name: string): CannotShip {
  return new CannotShip(
    `its variable ${name} is not initialised yet; make the first call below its declaration`,
  );
}

/** Where `node --eval` and the REPL show built-in modules as globals, those are the user's too. */
const STANDARD_GLOBALS = new Set([
  "Atomics",
  "Buffer",
  "Infinity",
  "Intl",
  "JSON",
  "Math",
  "NaN",
  "Reflect",
  "WebAssembly",
  "console",
  "crypto",
  "global",
  "globalThis",
  "navigator",
  "performance",
  "process",
  "undefined",
]);

/** A global that the program made: other processes do not have it. */
export function isUserGlobal(name: string): boolean {
  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  if (property === undefined || STANDARD_GLOBALS.has(name)) return false;
  if (property.get !== undefined) return builtinModules.includes(name);
  const value: unknown = property.value;
  if (typeof value !== "function") return true;
  return findRequire(value) !== undefined || !isPlatformFunction(value);
}

function isPlatformFunction(value: Function): boolean {
  if (isNativeText(textOf(value))) return true;
  const { location } = inspectFunction(value);
  return location === undefined || isNodeUrl(getScriptFile(location).url);
}
