/**
 * The runtime of this process. It hangs on the global object, so that two copies of the package
 * in one program find the same one.
 */

import type { Clock } from "../base/clock.ts";
import { EnvironmentSetupError } from "../base/errors.ts";
import type { ResourcesAnswer } from "./daemon-link.ts";
import type { Runtime } from "./runtime.ts";
import { systemClock } from "./system.ts";
import { currentScope } from "./task-scope.ts";

/** Of the package; copies of one version understand each other's objects. */
const VERSION = "0.1.0";

/** What ends the runtime; only the process that started it has one. */
export interface RuntimeOwner {
  readonly runtime: Runtime;
  /** Of the options it was started with. */
  readonly fingerprint: string;
  started(): Promise<void>;
  shutdown(): Promise<void>;
  resources(): Promise<ResourcesAnswer>;
}

interface Slot {
  readonly version: string;
  runtime: Runtime | undefined;
  owner: RuntimeOwner | undefined;
  /** Of the last runtime, if there was one and it has ended. */
  end: RuntimeEnd | undefined;
}

/** How a runtime ended. */
export interface RuntimeEnd {
  /** Why, once that is known; undefined if it was shut down. */
  error: Error | undefined;
}

const KEY = Symbol.for("mobula.runtime");
const holder = globalThis as { [KEY]?: Slot };

export function currentRuntime(): Runtime | undefined {
  return slot().runtime;
}

/** The time of the code that runs now; a program has one before it has a runtime. */
export function currentClock(): Clock {
  return (currentScope()?.runtime ?? slot().runtime)?.clock ?? systemClock;
}

export function currentOwner(): RuntimeOwner | undefined {
  return slot().owner;
}

/** Undefined if there never was a runtime. */
export function lastRuntimeEnd(): RuntimeEnd | undefined {
  return slot().end;
}

/** In a worker, whose runtime is ended by its daemon. */
export function setCurrentRuntime(runtime: Runtime): void {
  slot().runtime = runtime;
}

export function setCurrentOwner(owner: RuntimeOwner): void {
  const found = slot();
  found.owner = owner;
  found.runtime = owner.runtime;
}

/** Puts another runtime in the place of the one that is there, if any, until it is called back. */
export function replaceCurrentOwner(owner: RuntimeOwner): () => void {
  const found = slot();
  const before = { ...found };
  setCurrentOwner(owner);
  return () => void Object.assign(found, before);
}

/** Forgets the runtime; a later one is started explicitly. */
export function clearCurrentOwner(runtime: Runtime, end: RuntimeEnd): void {
  const found = slot();
  if (found.runtime !== runtime) return;
  found.owner = undefined;
  found.runtime = undefined;
  found.end = end;
}

function slot(): Slot {
  const found = (holder[KEY] ??= {
    version: VERSION,
    runtime: undefined,
    owner: undefined,
    end: undefined,
  });
  if (found.version !== VERSION) {
    throw new EnvironmentSetupError(
      `Cannot use mobula ${VERSION}: this program has loaded mobula ${found.version} as well; ` +
        "make all packages use one version",
    );
  }
  return found;
}
