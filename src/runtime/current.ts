/**
 * The runtime of this process. It hangs on the global object, so that two copies of the package
 * in one program find the same one.
 */

import { EnvironmentSetupError } from "../base/errors.ts";
import type { Runtime } from "./runtime.ts";

/** Of the package; copies of one version understand each other's objects. */
export const VERSION = "0.1.0";

interface Slot {
  readonly version: string;
  runtime: Runtime | undefined;
}

const KEY = Symbol.for("mobula.runtime");
const holder = globalThis as { [KEY]?: Slot };

export function currentRuntime(): Runtime | undefined {
  return slot().runtime;
}

export function setCurrentRuntime(runtime: Runtime | undefined): void {
  slot().runtime = runtime;
}

function slot(): Slot {
  const found = (holder[KEY] ??= { version: VERSION, runtime: undefined });
  if (found.version !== VERSION) {
    throw new EnvironmentSetupError(
      `Cannot use mobula ${VERSION}: this program has loaded mobula ${found.version} as well; ` +
        "make all packages use one version",
    );
  }
  return found;
}
