/** Variables as the scopes of a function show them. */

import { CannotShip } from "./cannot-ship.ts";
import type { Scope } from "./inspect.ts";
import type { ScriptFile } from "./scripts.ts";

export function isModule(scope: Scope): boolean {
  return scope.description === "Module";
}

/** Innermost scope that declares `name`; the global object's names need no capture. */
export function findScope(name: string, scopes: readonly Scope[]): Scope | undefined {
  return scopes.find(
    ({ description, object }) => description !== "Global" && Object.hasOwn(object, name),
  );
}

export function readVariable(name: string, scopes: readonly Scope[], file: ScriptFile): unknown {
  const scope = findScope(name, scopes);
  if (scope === undefined) return undefined;
  const value = readProperty(scope, name);
  // Older engines show `undefined` for a variable that is not initialised yet.
  if (value === undefined && isModule(scope)) {
    const declaredAt = file.module.declaredAt.get(name) ?? 0;
    if (declaredAt > (file.findProgress() ?? Infinity)) throw notInitialised(name);
  }
  return value;
}

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
