/** `init`: starts the runtime of this program, and ends it. */

import { InvalidOptionError, RuntimeEndedError } from "../base/errors.ts";
import { currentOwner, currentRuntime } from "../runtime/current.ts";
import type { Runtime as InternalRuntime } from "../runtime/runtime.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { checkInitOptions, fingerprintOf, type InitOptions } from "./init-options.ts";
import { currentOrStarted, start } from "./start.ts";

/** A running runtime. `await using runtime = await init()` ends it with the block. */
export interface Runtime extends AsyncDisposable {
  /** Ends the runtime: pending calls reject, no process and no file is left. */
  shutdown(): Promise<void>;
  /** What the machine offers, and what of it is free now; by resource. */
  resources(): Promise<{
    total: Readonly<Record<string, number>>;
    available: Readonly<Record<string, number>>;
  }>;
}

/**
 * Starts the runtime, with a daemon and a worker per core. Optional: the first remote call starts
 * it with defaults.
 *
 * @throws InvalidOptionError if an option is wrong, or the runtime runs with other options
 * @throws EnvironmentSetupError if it cannot start
 * @example
 * await using runtime = await init({ numCpus: 4, resources: { gpu: 1 } });
 */
export async function init(options: InitOptions = {}): Promise<Runtime> {
  checkInitOptions(options);
  const inner = currentScope()?.runtime ?? currentRuntime();
  const owner = currentOwner();
  if (inner !== undefined && owner?.runtime !== inner) return handleInWorker(inner);
  const fingerprint = fingerprintOf(options);
  const running = owner ?? start(options);
  if (fingerprint !== running.fingerprint && fingerprint !== fingerprintOf({})) {
    throw new InvalidOptionError(
      "Cannot init: the runtime runs already, with other options; " +
        "call init() before the first remote call, or shut the runtime down first",
      { option: "options", value: options },
    );
  }
  // While the processes start: the first function that is captured would pay for it.
  running.runtime.packer.closures.warmUp();
  await running.started();
  return {
    shutdown: () => running.shutdown(),
    resources: () => {
      running.runtime.submitter.returnIdleLeases();
      return running.resources();
    },
    [Symbol.asyncDispose]: () => running.shutdown(),
  };
}

/** A module that calls `init` may be imported by a task as well: it gets the runtime it is in. */
function handleInWorker(runtime: InternalRuntime): Runtime {
  return {
    shutdown: () =>
      Promise.reject(
        new RuntimeEndedError(
          "Cannot shut down from a task: the runtime belongs to the program that started it",
        ),
      ),
    resources: () => runtime.daemon.askResources(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The runtime that a call of the API is about; starts one if this program never had one. */
export function runtimeForCalls(): InternalRuntime {
  return currentOrStarted();
}
