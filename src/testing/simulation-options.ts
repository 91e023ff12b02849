/** The options of `simulate` and their rules. */

import {
  checkOptions,
  isAmount,
  isBoolean,
  isCount,
  isCountOrInfinityFrom,
  isRecordOf,
  isTimeout,
  type Rule,
} from "../api/options.ts";
import { InvalidOptionError } from "../base/errors.ts";
import {
  FAULT_POINTS,
  SIMULATED_KINDS,
  type FaultPointChances,
  type FaultRates,
} from "./faults.ts";

export interface SimulationOptions {
  /** A whole number; the same one gives the same run. */
  readonly seed: number;
  /** Default 2. */
  readonly numCpus?: number;
  /** Memory for stored objects. Default 1 MiB. */
  readonly objectStoreBytes?: number;
  /** Memory of the machine for its workers, of which `hold` takes some. Default: endless. */
  readonly machineBytes?: number;
  /** Values from this size on are stored. Default 1,000. */
  readonly storedBytesMin?: number;
  /** How long messages are on their way, from and to. Default 0.02 to 0.2. */
  readonly messageMs?: readonly [fromMs: number, toMs: number];
  /** A worker that stands still for so long is replaced. Default 10,000. */
  readonly frozenWorkerMs?: number;
  /** Probability of each kind of fault before each event. Default none. */
  readonly faults?: FaultRates;
  /** Probability of faults around bodies, each time. Default none. */
  readonly faultPoints?: FaultPointChances;
  /** Events after which nothing goes wrong any more, so that all can end well. Default 20,000. */
  readonly faultEvents?: number;
  /** Events after which a run that has not ended has failed. Default 200,000. */
  readonly eventsMax?: number;
  /** Write down what happens. Default false: it takes as long as all the rest. */
  readonly transcript?: boolean;
  /**
   * Functions that all simulated processes find by name, instead of each getting a copy: faster,
   * and they may note what they did in variables of the test.
   */
  readonly functions?: Readonly<Record<string, object>>;
}

const isSeed: Rule = (value) =>
  Number.isSafeInteger(value) ? undefined : "must be a whole number";

const isProbability: Rule = (value) =>
  typeof value === "number" && value >= 0 && value <= 1 ? undefined : "must be from 0 to 1";

function isProbabilityBy(kinds: readonly string[]): Rule {
  const isRecord = isRecordOf(isProbability, `probabilities by kind: ${kinds.join(", ")}`);
  return (value) => {
    const unknown = Object.keys(Object(value) as object).find((kind) => !kinds.includes(kind));
    const complaint = isRecord(value);
    if (complaint !== undefined || unknown === undefined) return complaint;
    return `has ${unknown}, which is no kind of fault there; the kinds are ${kinds.join(", ")}`;
  };
}

const isSpan: Rule = (value) => {
  const [from, to, ...more] = Array.isArray(value) ? (value as unknown[]) : [];
  const isRight = isAmount(from) === undefined && isAmount(to) === undefined;
  if (isRight && (from as number) <= (to as number) && more.length === 0) return undefined;
  return "must be two times in milliseconds, [from, to]";
};

const isFunctions = isRecordOf(
  (value) => (typeof value === "function" ? undefined : "must be a function or class"),
  "functions and classes by name",
);

const RULES: Readonly<Record<keyof SimulationOptions, Rule>> = {
  seed: isSeed,
  numCpus: isAmount,
  objectStoreBytes: isCount(1),
  machineBytes: isCount(1),
  storedBytesMin: isCount(1),
  messageMs: isSpan,
  frozenWorkerMs: isTimeout,
  faults: isProbabilityBy(SIMULATED_KINDS),
  faultPoints: isProbabilityBy(FAULT_POINTS),
  faultEvents: isCountOrInfinityFrom(0),
  eventsMax: isCountOrInfinityFrom(1),
  transcript: isBoolean,
  functions: isFunctions,
};

/** Throws InvalidOptionError. */
export function checkSimulationOptions(options: SimulationOptions): void {
  checkOptions(options, RULES, "simulate");
  if (options.seed !== undefined) return;
  throw new InvalidOptionError(
    "Cannot simulate: the option seed is missing; pass a whole number, which gives the run again",
    { option: "seed", value: undefined },
  );
}
