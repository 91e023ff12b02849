/** What shipped code may use of this package, known by name in every process. */

import { mobulaErrorClasses } from "../base/errors.ts";
import { nameOwn } from "../closure/builtins.ts";
import { getActor, kill } from "./actors.ts";
import { allocate } from "./allocate.ts";
import { context } from "./context.ts";
import { init } from "./init.ts";
import { asCompleted } from "./as-completed.ts";
import { cancel, get, put, wait } from "./objects.ts";
import { remote } from "./remote.ts";

/** `utilities`: what is built on the API and belongs to the package as well. */
export function nameOwnFunctions(utilities: Readonly<Record<string, object>>): void {
  nameOwn({ allocate, asCompleted, cancel, context, get, getActor, init, kill, put, remote, wait });
  nameOwn(Object.fromEntries(mobulaErrorClasses));
  nameOwn(utilities);
}
