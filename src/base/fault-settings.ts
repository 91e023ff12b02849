/** Which faults are to happen how often: reads `MOBULA_FAULTS`, and checks the option `faults`. */

import { InvalidOptionError } from "./errors.ts";
import { FAULT_NAMES, isFaultKind, type FaultKind } from "./fault-kinds.ts";

/** How likely each kind is, from 0 to 1, each time that it could happen. */
export type FaultChances = Readonly<Partial<Record<FaultKind, number>>>;

/** What users give: the chances, and the seed of the decisions. */
export type FaultOptions = FaultChances & { readonly seed?: number };

export interface FaultSettings {
  readonly chances: FaultChances;
  /** The same seed makes the same decisions in each process. */
  readonly seed: number;
}

const VARIABLE = "MOBULA_FAULTS";
const EXAMPLE = `${VARIABLE}="worker-kill:0.01,seed:7"`;
const SEED = "seed";
const SEED_MAX = 2 ** 32 - 1;

/**
 * Reads `worker-kill:0.01,reply-lost:0.1,seed:7`; blanks around each part do not count.
 *
 * @returns undefined if nothing is asked for
 * @throws InvalidOptionError
 */
export function parseFaults(text: string): FaultOptions | undefined {
  if (text.trim() === "") return undefined;
  const options: Record<string, number> = {};
  for (const part of text.split(",").map((part) => part.trim())) {
    const [, name, figure] = /^([^:]+?)\s*:\s*([+-]?\d*\.?\d+(?:e[+-]?\d+)?)$/i.exec(part) ?? [];
    if (name === undefined) {
      const complaint = `has ${JSON.stringify(part)}, which is not of the form name:number`;
      throw invalid(text, `${complaint}; write it like ${EXAMPLE}`);
    }
    if (Object.hasOwn(options, name)) throw invalid(text, `has ${name} twice; give it once`);
    const complaint = complaintOf(name, Number(figure));
    if (complaint !== undefined) throw invalid(text, complaint);
    options[name] = Number(figure);
  }
  return options;
}

/** What is wrong with the option `faults`, as "must be …" or "has …"; undefined if nothing is. */
export function complaintOfFaults(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return 'must be an object of probabilities by kind, like { "worker-kill": 0.01 }';
  }
  for (const [name, figure] of Object.entries(options)) {
    const complaint = figure === undefined ? undefined : complaintOf(name, figure);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

function complaintOf(name: string, figure: unknown): string | undefined {
  if (name === SEED) {
    if (Number.isSafeInteger(figure) && isWithin(figure, SEED_MAX)) return undefined;
    return `has seed ${String(figure)}; the seed must be a whole number from 0 to ${SEED_MAX}`;
  }
  if (!isFaultKind(name)) {
    return `has ${name}, which is no kind of fault; the kinds are ${FAULT_NAMES.join(", ")}`;
  }
  if (isWithin(figure, 1)) return undefined;
  return `has ${name}:${String(figure)}; a probability must be a number from 0 to 1`;
}

function isWithin(figure: unknown, most: number): boolean {
  return typeof figure === "number" && figure >= 0 && figure <= most;
}

/** Precondition: `options` are checked. A seed that is not given is `randomSeed`. */
export function faultSettings(options: FaultOptions, randomSeed: number): FaultSettings {
  const { seed = randomSeed, ...chances } = options;
  return { chances, seed };
}

/** As `MOBULA_FAULTS` takes them. */
export function describeFaults({ chances, seed }: FaultSettings): string {
  const parts = Object.entries(chances).map(([kind, chance]) => `${kind}:${chance}`);
  return [...parts, `${SEED}:${seed}`].join(",");
}

function invalid(value: string, complaint: string): InvalidOptionError {
  return new InvalidOptionError(`Cannot use ${VARIABLE}: it ${complaint}`, {
    option: VARIABLE,
    value,
  });
}

/** Throws InvalidOptionError for what needs processes: inline there is one, the program's own. */
export function refuseFaultsOfProcesses(options: FaultOptions): void {
  for (const kind of ["worker-freeze", "daemon-kill"] as const) {
    if (options[kind] === undefined) continue;
    throw new InvalidOptionError(
      `Cannot init: the fault ${kind} needs processes, and mode is "inline"; ` +
        "leave out the fault, or the mode",
      { option: "faults", value: options },
    );
  }
}
