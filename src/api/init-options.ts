/** The options of `init` and their rules. */

import { complaintOfFaults, type FaultOptions } from "../base/fault-settings.ts";
import {
  checkOptions,
  isAmount,
  isBoolean,
  isCount,
  isRecordOf,
  isShare,
  isString,
  isStringArray,
  isText,
  isTimeout,
  type Rule,
} from "./options.ts";

/** Options of `init`. */
export interface InitOptions {
  /** Cores to use. Default: those this process may use, by affinity and container quota. */
  readonly numCpus?: number;
  /** Further resources of this machine, by any name: `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Memory that tasks may reserve, in bytes. Default: the machine's, or the container's. */
  readonly memoryBytes?: number;
  /**
   * Share of the machine's memory, and of the container's, that may be in use, by whomever. Above
   * it a worker is ended, with OutOfMemoryError for its task, before the kernel ends something: one
   * of those that hold much, of tasks that can run again the newest first. 1: nobody is ended.
   * Default 0.95.
   */
  readonly memoryUsageMax?: number;
  /**
   * Actors that may be alive at the same time, or about to be; one more fails with
   * UnschedulableError. Default: as many as the machine's memory, or the container's, has 32 MiB.
   */
  readonly actorsMax?: number;
  /**
   * A worker that is stopped (SIGSTOP) for so long is replaced, and its tasks run again.
   * Milliseconds; Infinity is possible. Default 10,000.
   */
  readonly frozenWorkerMs?: number;
  /**
   * Memory for stored objects, in bytes; what does not fit goes to disk. Default: 30 % of the
   * machine's memory, as far as its shared memory has it.
   */
  readonly objectStoreBytes?: number;
  /** Where objects go for which there is no room in memory. Default: the temporary directory. */
  readonly spillDirectory?: string;
  /** Size from which values are stored instead of sent, in bytes. Default 102,400. */
  readonly storedBytesMin?: number;
  /** Where names of actors are looked up that say no other. Default "default". */
  readonly namespace?: string;
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
   * Remember where each object was made, to be shown by `mobula memory`; some microseconds a call.
   * Default: false, unless MOBULA_RECORD_CREATION_SITES=1 is set.
   */
  readonly recordCreationSites?: boolean;
  /**
   * What is to go wrong on purpose, to test a program: how likely each kind of fault is, from 0
   * to 1, each time that it could happen; `seed` makes the decisions the same again. Default: none,
   * unless MOBULA_FAULTS is set. See docs/guide/faults.md.
   */
  readonly faults?: FaultOptions;
  /**
   * "inline" runs everything in this process, with the same copying and checks as between
   * processes: for tests, coverage and breakpoints. Default "processes".
   */
  readonly mode?: "processes" | "inline";
}

const RULES: Readonly<Record<keyof InitOptions, Rule>> = {
  numCpus: isAmount,
  resources: isRecordOf(isAmount, "amounts by name, like { gpu: 1 }"),
  memoryBytes: isCount(1),
  memoryUsageMax: isShare,
  actorsMax: isCount(1),
  frozenWorkerMs: isTimeout,
  objectStoreBytes: isCount(1),
  spillDirectory: isString,
  storedBytesMin: isCount(1),
  namespace: isText,
  env: isRecordOf(isString, "strings by name"),
  execArgv: isStringArray,
  logToDriver: isBoolean,
  inspect: isBoolean,
  polling: isBoolean,
  recordCreationSites: isBoolean,
  faults: complaintOfFaults,
  mode: (value) =>
    value === "inline" || value === "processes" ? undefined : 'must be "processes" or "inline"',
};

/** Throws InvalidOptionError. */
export function checkInitOptions(options: InitOptions): void {
  checkOptions(options, RULES, "init");
}

/** Tells options apart. */
export function fingerprintOf(options: InitOptions): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}
