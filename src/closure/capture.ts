/** A function or class by value: its code object, and the values its variables have now. */

import { CannotShip } from "./cannot-ship.ts";
import type { ValueCode } from "./code.ts";
import type { Entry } from "./entry.ts";
import { findKeys, findState, type FunctionState } from "./function-state.ts";
import { inspectPrivateFields, type Inspected } from "./inspect.ts";
import { interopReference } from "./interop.ts";
import { getScriptFile } from "./scripts.ts";
import type { VariablePool } from "./shared-variables.ts";
import { Standin } from "./standins.ts";
import { placeOf, Templates } from "./template.ts";
import { findScope, readVariable } from "./variables.ts";

export interface Captured {
  readonly code: ValueCode;
  /** Values of `code.cells` by name. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly state: FunctionState | undefined;
  /** Names of the methods of a class whose names are computed. */
  readonly keys: readonly (string | symbol)[];
  /** Of variables of which the code uses only members: their names. */
  readonly members: ReadonlyMap<string, readonly string[]>;
}

export class Captures {
  readonly #templates: Templates;

  constructor(entry: Entry) {
    this.#templates = new Templates(entry);
  }

  /** `pool`: of the message the function goes with. */
  capture(subject: Function, text: string, inspected: Inspected, pool: VariablePool): Captured {
    const { location, scopes } = inspected;
    if (location === undefined) throw new CannotShip("its source text is not known to the engine");
    const template = this.#templates.get(subject, text, location, scopes);
    const { code, source, staticPrivateFields, computed, interops } = template;
    const file = getScriptFile(location);
    const values: Record<string, unknown> = {};
    const share = pool.open(placeOf(location), scopes);
    for (const { name, variable } of code.cells) {
      const value = readVariable(name, scopes, file, location);
      const scope = findScope(name, scopes);
      if (variable !== name && scope !== undefined) {
        values[name] = share(name, scope);
        continue;
      }
      const call = interops.get(name);
      const reference = call && interopReference(call, value, file.url);
      values[name] = reference === undefined ? value : new Standin(reference);
    }
    const privates = staticPrivateFields.length > 0 ? inspectPrivateFields(subject) : [];
    const statics = Object.fromEntries(
      staticPrivateFields.map((name) => {
        return [`#${name}`, privates.find((field) => field.name === `#${name}`)?.value];
      }),
    );
    const keys = findKeys(subject, computed);
    const state = findState(subject, source, statics);
    return { code, values, state, keys, members: template.members };
  }
}
