/** One simulated run: a program drawn from its seed, under faults drawn from its seed. */

import {
  exit,
  simulate,
  SimulationError,
  type FaultKind,
  type FaultPointChances,
  type FaultRates,
} from "mobula/testing";
import { bodies, forgetTrees } from "./bodies.ts";
import { Chance } from "../support/chance.ts";
import { Kit } from "./kit.ts";
import { openLedger, type Ledger } from "./ledger.ts";
import { anyStep } from "./steps/index.ts";

export interface RunResult {
  readonly seed: number;
  readonly calls: number;
  readonly events: number;
  readonly faults: ReadonlyMap<string, number>;
  /** Undefined if all was well. */
  readonly violation: SimulationError | undefined;
  readonly transcript: string;
}

/** Calls of a run at least. */
const CALLS_MIN = 200;

/** What happens only if something is there that it can happen to. */
const OFTEN: Partial<Record<FaultKind, number>> = { "result-lost": 10 };

/** Each run has some kinds of fault and not others, so that rare ones are seen alone as well. */
function drawFaults(chance: Chance): FaultRates {
  const rates: Partial<Record<FaultKind, number>> = {};
  const kinds: FaultKind[] = [
    ...(["worker-kill", "worker-freeze", "link-cut"] as const),
    ...(["result-lost", "store-full"] as const),
  ];
  for (const kind of kinds) {
    if (chance.is(0.4)) rates[kind] = chance.pick([0.0002, 0.001, 0.004]) * (OFTEN[kind] ?? 1);
  }
  if (chance.is(0.1)) rates["daemon-kill"] = 0.001;
  return rates;
}

/** Around bodies, each time. */
function drawFaultPoints(chance: Chance): FaultPointChances | undefined {
  if (chance.is(0.6)) return undefined;
  const chances: Record<string, number> = {};
  for (const kind of ["worker-kill", "reply-lost", "actor-kill", "actor-reply-lost"]) {
    if (chance.is(0.5)) chances[kind] = chance.pick([0.01, 0.05]);
  }
  return chances;
}

export async function run(seed: number, transcript = false): Promise<RunResult> {
  // Apart from the chance of the simulator, which has the same seed.
  const chance = new Chance(Math.imul(seed, 0x9e37_79b1));
  const faults = drawFaults(chance);
  const ledger = openLedger();
  forgetTrees();
  const faultPoints = drawFaultPoints(chance);
  const killing = chance.is(0.5);
  const frozenWorkerMs = chance.pick([200, 10_000]);
  const isReplaced = faults["worker-freeze"] !== undefined && frozenWorkerMs === 200;
  const isCutOrKilled = faults["worker-kill"] !== undefined || faults["link-cut"] !== undefined;
  // Not drawn: other seeds keep their programs.
  const hunger = seed % 8 === 5;
  const perils = {
    killing,
    hunger,
    deaths: killing || hunger || isCutOrKilled || isReplaced || faultPoints !== undefined,
    freezes: faults["worker-freeze"] !== undefined,
    losses: faults["result-lost"] !== undefined,
  };
  if (faults["daemon-kill"] !== undefined) ledger.alwaysAllowed.push("RuntimeEndedError");
  const kit = new Kit(ledger, chance, perils);
  const exitAfterCalls = chance.is(0.05) ? chance.below(CALLS_MIN) : undefined;
  const options = {
    seed,
    transcript,
    frozenWorkerMs,
    faults,
    ...(faultPoints === undefined ? {} : { faultPoints }),
    faultEvents: chance.pick([300, 1_000, 4_000]),
    numCpus: chance.pick([1, 2, 2, 3, 4]),
    ...(hunger ? { machineBytes: 700 * 2 ** 20 } : {}),
    objectStoreBytes: chance.pick([50_000, 2 ** 20]),
    messageMs: chance.pick([
      [0.02, 0.2],
      [0.02, 5],
    ] as const),
    functions: bodies,
  };
  try {
    const result = await simulate(options, () => program(kit, exitAfterCalls));
    ledger.close();
    return judge(seed, ledger, result);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    const { exitCode, transcript: text } = error;
    // The program has ended in the middle, as it was to: of its calls nobody hears any more.
    const faults = new Map(exitCode === undefined ? [] : [["program-exit", 1]]);
    const judged = judge(seed, ledger, { events: 0, faults, transcript: text });
    if (exitCode !== undefined) return judged;
    const open = ledger.open().join(", ");
    error.message += `; under way: ${kit.underWay.join(", ")}`;
    if (open !== "") error.message += `; not ended: ${open}`;
    return { ...judged, violation: error };
  }
}

type Happened = Pick<RunResult, "events" | "faults" | "transcript">;

function judge(seed: number, ledger: Ledger, happened: Happened): RunResult {
  const { events, faults, transcript } = happened;
  const [first] = ledger.violations;
  const violation = first === undefined ? undefined : new SimulationError(seed, first, transcript);
  return { seed, calls: ledger.calls, events, faults, violation, transcript };
}

async function program(kit: Kit, exitAfterCalls = Infinity): Promise<void> {
  const { ledger, chance } = kit;
  const strand = async (): Promise<void> => {
    try {
      while (ledger.calls < CALLS_MIN && ledger.violations.length === 0) {
        if (ledger.calls >= exitAfterCalls) await exit(3);
        await anyStep(kit);
      }
    } catch (error) {
      // With the runtime, the program has an end.
      if (!ledger.alwaysAllowed.includes((error as Error).name)) throw error;
    }
  };
  await Promise.all(Array.from({ length: 1 + chance.below(6) }, strand));
}
