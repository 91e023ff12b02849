/** Starts and ends the runtime of this program. */

import { pathToFileURL } from "node:url";
import fs from "node:fs";
import { InvalidOptionError, RuntimeEndedError } from "../base/errors.ts";
import { CPU, MEMORY } from "../core/resources.ts";
import { availableCores, availableMemoryBytes } from "../driver/cores.ts";
import { Driver } from "../driver/driver.ts";
import { inheritedExecArgv, inheritedNodeOptions } from "../driver/exec-arguments.ts";
import { checkPlatform, currentPlatform } from "../driver/platform.ts";
import {
  clearCurrentOwner,
  currentOwner,
  currentRuntime,
  hasRuntimeEnded,
  setCurrentOwner,
  type RuntimeOwner,
} from "../runtime/current.ts";
import type { Runtime as InternalRuntime } from "../runtime/runtime.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { POLLING_US } from "../base/limits.ts";
import {
  checkOptions,
  isAmount,
  isBoolean,
  isCount,
  isRecordOf,
  isStringArray,
  type Rule,
} from "./options.ts";
import { remoteFunctions } from "./remote-function.ts";

/** Options of `init`. */
export interface InitOptions {
  /** Cores to use. Default: those this process may use, by affinity and container quota. */
  readonly numCpus?: number;
  /** Further resources of this machine, by any name: `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Memory that tasks may reserve, in bytes. Default: the machine's, or the container's. */
  readonly memoryBytes?: number;
  /** Environment variables of workers, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node's arguments for workers. Default: this process's, without those for debugging. */
  readonly execArgv?: readonly string[];
  /** Print what workers write. Default true. */
  readonly logToDriver?: boolean;
  /** Start workers with an open inspector, so that breakpoints in remote functions bind. */
  readonly inspect?: boolean;
  /** Look for messages some microseconds before going to sleep. Default true. */
  readonly polling?: boolean;
  /**
   * "inline" runs everything in this process, with the same copying and checks as between
   * processes: for tests, coverage and breakpoints. Default "processes".
   */
  readonly mode?: "processes" | "inline";
}

/** A running runtime. `await using runtime = await init()` shuts it down at the end of the block. */
export interface Runtime extends AsyncDisposable {
  /** Ends the runtime: pending calls reject, no process and no file is left. */
  shutdown(): Promise<void>;
  /** What the machine offers, and what of it is free now; by resource. */
  resources(): Promise<{
    total: Readonly<Record<string, number>>;
    available: Readonly<Record<string, number>>;
  }>;
}

const isString = (value: unknown): string | undefined =>
  typeof value === "string" ? undefined : "must be a string";

const RULES: Readonly<Record<keyof InitOptions, Rule>> = {
  numCpus: isAmount,
  resources: isRecordOf(isAmount, "amounts by name, like { gpu: 1 }"),
  memoryBytes: isCount(1),
  env: isRecordOf(isString, "strings by name"),
  execArgv: isStringArray,
  logToDriver: isBoolean,
  inspect: isBoolean,
  polling: isBoolean,
  mode: (value) =>
    value === "inline" || value === "processes" ? undefined : 'must be "processes" or "inline"',
};

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
  checkOptions(options, RULES, "init");
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

/** The runtime to call in; starts one if this program never had one. */
export function runtimeForCalls(): InternalRuntime {
  // Inline, the tasks of several workers and the driver share a process.
  const runtime = currentScope()?.runtime ?? currentRuntime();
  if (runtime !== undefined) return runtime;
  if (hasRuntimeEnded()) {
    throw new RuntimeEndedError(
      "Cannot call remote function: the runtime was shut down; call init() to start a new one",
    );
  }
  return start({}).runtime;
}

function start(options: InitOptions): RuntimeOwner {
  checkPlatform(currentPlatform());
  const driver: Driver = new Driver({
    isInline: options.mode === "inline",
    resources: {
      ...options.resources,
      [CPU]: options.numCpus ?? availableCores(),
      [MEMORY]: options.memoryBytes ?? availableMemoryBytes(),
    },
    env: { ...process.env, ...options.env },
    nodeOptions: nodeOptions(options),
    execArgv: options.execArgv ?? inheritedExecArgv(process.execArgv),
    entryUrl: entryUrl(),
    logToDriver: options.logToDriver ?? true,
    inspect: options.inspect ?? false,
    pollingUs: options.polling === false ? 0 : POLLING_US,
    remoteFunctions,
    fingerprint: fingerprintOf(options),
    onEnded: () => clearCurrentOwner(driver.runtime),
  });
  setCurrentOwner(driver);
  return driver;
}

function nodeOptions(options: InitOptions): string | undefined {
  const text = options.env?.["NODE_OPTIONS"] ?? process.env["NODE_OPTIONS"];
  return text === undefined ? undefined : inheritedNodeOptions(text);
}

/** The program's main module, whose top level runs in this process only. */
function entryUrl(): string | undefined {
  const file = process.argv[1];
  if (file === undefined) return undefined;
  try {
    return pathToFileURL(fs.realpathSync(file)).href;
  } catch {
    // Not a file: the code came from standard input or an argument.
    return undefined;
  }
}

function fingerprintOf(options: InitOptions): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}
