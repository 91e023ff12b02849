/** The options of `init` and their rules. */

import {
  checkOptions,
  isAmount,
  isBoolean,
  isCount,
  isRecordOf,
  isStringArray,
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

/** Throws InvalidOptionError. */
export function checkInitOptions(options: InitOptions): void {
  checkOptions(options, RULES, "init");
}

/** Tells options apart. */
export function fingerprintOf(options: InitOptions): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}
