/**
 * `npm run chaos -- --minutes 30 --seed 7`: programs run while their processes are killed, stopped
 * and starved, and their results are looked at. `--round 12` plays one round again: who is attacked
 * when is the same as before, what the processes do meanwhile is their own affair.
 */

import { parseArgs } from "node:util";
import { randomInt } from "node:crypto";
import { playRound } from "./round.ts";
import { ROUND_KINDS, type RoundKind } from "./rounds.ts";

const SEED_STEP = 0x9e37_79b9;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    round: { type: "string" },
    /** Another program in place of all: one round. */
    program: { type: "string" },
  },
});

function numberOf(name: "minutes" | "seed" | "round", least: number): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== "" && number >= least && Number.isFinite(number)) return number;
  throw new Error(`Cannot use --${name} ${text}: it is no number from ${least} on`);
}

/** Returns whether all was as it should be. */
async function play(kind: RoundKind, seed: number, round: number): Promise<boolean> {
  const beganMs = performance.now();
  const { violation, done, said } = await playRound(kind, (seed + round * SEED_STEP) >>> 0);
  const seconds = ((performance.now() - beganMs) / 1_000).toFixed(1);
  console.log(`round ${round}, ${kind.name}: ${seconds} s, attacked ${done.length} times: ${said}`);
  if (violation === undefined) return true;
  console.log(`violation in round ${round} with seed ${seed}: ${violation}`);
  console.log(`what was done:\n  ${done.join("\n  ")}`);
  console.log(`again: npm run chaos -- --seed ${seed} --round ${round}`);
  return false;
}

async function main(): Promise<boolean> {
  const seed = numberOf("seed", 0) ?? randomInt(2 ** 31);
  const only = numberOf("round", 0);
  const minutes = numberOf("minutes", 0)!;
  console.log(`seed ${seed}`);
  const kindOf = (round: number): RoundKind => {
    const kind = ROUND_KINDS[round % ROUND_KINDS.length]!;
    return values.program === undefined ? kind : { ...kind, program: values.program };
  };
  if (only !== undefined) return play(kindOf(only), seed, only);
  const untilMs = performance.now() + minutes * 60_000;
  let isRight = true;
  for (let round = 0; isRight && performance.now() < untilMs; round++) {
    isRight = await play(kindOf(round), seed, round);
  }
  return isRight;
}

process.exitCode = (await main()) ? 0 : 1;
