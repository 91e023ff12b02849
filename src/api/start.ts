/** Starts the runtime of this program: explicitly, or with the first remote call. */

import { randomInt } from "node:crypto";
import fs from "node:fs";
import { pathToFileURL } from "node:url";
import { RuntimeEndedError } from "../base/errors.ts";
import {
  faultSettings,
  parseFaults,
  refuseFaultsOfProcesses,
  type FaultSettings,
} from "../base/fault-settings.ts";
import {
  ACTOR_BYTES,
  FROZEN_WORKER_MS,
  MEMORY_USAGE_MAX,
  POLLING_US,
  STORED_BYTES_MIN,
} from "../base/limits.ts";
import { createRequire } from "../closure/package-files.ts";
import { CPU, MEMORY } from "../core/resources.ts";
import { availableCores, availableMemoryBytes } from "../driver/cores.ts";
import { Driver } from "../driver/driver.ts";
import { InlineBackend } from "../driver/inline-backend.ts";
import { ProcessBackend } from "../driver/process-backend.ts";
import { inheritedExecArgv, inheritedNodeOptions } from "../driver/exec-arguments.ts";
import { checkPlatform, currentPlatform } from "../driver/platform.ts";
import {
  clearCurrentOwner,
  currentRuntime,
  lastRuntimeEnd,
  setCurrentOwner,
  type RuntimeEnd,
  type RuntimeOwner,
} from "../runtime/current.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { fingerprintOf, type InitOptions } from "./init-options.ts";

/** Set when the package is loaded; what it describes needs this module. */
let remoteValues: RemoteFunctions;

export function connectRemoteValues(values: RemoteFunctions): void {
  remoteValues = values;
}

/** The runtime to call in; starts one if this program never had one. */
export function currentOrStarted(): Runtime {
  // Inline, the tasks of several workers and the driver share a process.
  const runtime = currentScope()?.runtime ?? currentRuntime();
  if (runtime !== undefined) return runtime;
  const end = lastRuntimeEnd();
  if (end !== undefined) throw endedError(end);
  return start({}).runtime;
}

/** What pending calls were told, for who calls now. */
function endedError({ error }: RuntimeEnd): RuntimeEndedError {
  if (error instanceof RuntimeEndedError) {
    const { message, pid, exitCode, signal, stderrTail, cause } = error;
    return new RuntimeEndedError(message, { pid, exitCode, signal, stderrTail }, cause);
  }
  return new RuntimeEndedError(
    "Cannot call remote function: the runtime has ended; call init() to start a new one",
    {},
    error,
  );
}

/** Precondition: no runtime is there, and the options are checked. */
export function start(options: InitOptions): RuntimeOwner {
  checkPlatform(currentPlatform());
  const isInline = options.mode === "inline";
  const env = { ...process.env, ...options.env };
  const driver: Driver = new Driver({
    makeBackend: (sessionId, warn) =>
      isInline
        ? new InlineBackend(sessionId, options.spillDirectory, remoteValues, warn)
        : new ProcessBackend(sessionId, env, options.spillDirectory),
    resources: {
      ...options.resources,
      [CPU]: options.numCpus ?? availableCores(),
      [MEMORY]: options.memoryBytes ?? availableMemoryBytes(),
    },
    nodeOptions: nodeOptions(options),
    execArgv: options.execArgv ?? inheritedExecArgv(process.execArgv),
    entryUrl: entryUrl(),
    warn: (text) => void process.stderr.write(text),
    logToDriver: options.logToDriver ?? true,
    inspect: options.inspect ?? false,
    memoryUsageMax: options.memoryUsageMax ?? MEMORY_USAGE_MAX,
    actorsMax: options.actorsMax ?? defaultActorsMax(),
    frozenWorkerMs: options.frozenWorkerMs ?? FROZEN_WORKER_MS,
    objectStoreBytes: options.objectStoreBytes,
    storedBytesMin: options.storedBytesMin ?? STORED_BYTES_MIN,
    recordSites: options.recordCreationSites ?? isSet(process.env[RECORD_SITES]),
    pollingUs: options.polling === false || isInline ? 0 : POLLING_US,
    namespace: options.namespace ?? "default",
    faults: faultsFor(options),
    remoteFunctions: remoteValues,
    fingerprint: fingerprintOf(options),
    onEnded: (end) => clearCurrentOwner(driver.runtime, end),
  });
  setCurrentOwner(driver);
  return driver;
}

function defaultActorsMax(): number {
  return Math.max(1, Math.floor(availableMemoryBytes() / ACTOR_BYTES));
}

/** What `recordCreationSites` asks for, of a program that is not to be changed. */
const RECORD_SITES = "MOBULA_RECORD_CREATION_SITES";

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}

/** What `faults` asks for, likewise. */
const FAULTS = "MOBULA_FAULTS";

function faultsFor({ faults, mode }: InitOptions): FaultSettings | undefined {
  const given = faults ?? parseFaults(process.env[FAULTS] ?? "");
  if (given === undefined) return undefined;
  if (mode === "inline") refuseFaultsOfProcesses(given);
  return faultSettings(given, randomInt(2 ** 32));
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
    // As Node found it: it may have been given without extension, or as a directory.
    const found = createRequire(file).resolve(file);
    return pathToFileURL(fs.realpathSync(found)).href;
  } catch {
    // Not a file: the code came from standard input or an argument.
    return undefined;
  }
}
