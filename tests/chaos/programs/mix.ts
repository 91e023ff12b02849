/**
 * A program that does all kinds of things at once, in an order that its seed decides, and looks at
 * every result: `mix.ts <seed> <seconds> <effects file> [may-end]`. With `may-end` its daemon may
 * be killed: it then has to hear of it in every call, and to work again after another `init`.
 */

import { inspect } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { init, RuntimeEndedError, type Runtime } from "mobula";
import { Chance } from "../../support/chance.ts";
import { actorOperations, endActors } from "./actor-operations.ts";
import type { Operation } from "./operation.ts";
import { taskOperations } from "./task-operations.ts";

const LANES = 8;
const GIVEN_BACK_WITHIN_MS = 20_000;
const operations: Readonly<Record<string, Operation>> = { ...taskOperations, ...actorOperations };
const counts = new Map<string, number>();
let lastId = 0;

/** Goes on until then. Returns whether the runtime has ended meanwhile. */
async function lane(random: Chance, effects: string, untilMs: number): Promise<boolean> {
  const surroundings = { random, effects, newId: () => String(++lastId) };
  while (performance.now() < untilMs) {
    const name = random.pick(Object.keys(operations));
    let how: string;
    try {
      how = await operations[name]!(surroundings);
    } catch (error) {
      if (error instanceof RuntimeEndedError) return true;
      throw new Error(`in ${name}: ${inspect(error)}`, { cause: error });
    }
    const key = `${name} ${how}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return false;
}

/** Returns whether the runtime has ended by itself. */
async function run(seed: number, seconds: number, effects: string): Promise<boolean> {
  try {
    const runtime = await init({ numCpus: 2, execArgv: [], logToDriver: false });
    const untilMs = performance.now() + seconds * 1_000;
    const lanes = Array.from({ length: LANES }, (_, index) => {
      return lane(new Chance(seed * LANES + index), effects, untilMs);
    });
    const ended = await Promise.all(lanes);
    endActors();
    if (ended.includes(true)) return true;
    await expectAllGivenBack(runtime);
    await runtime.shutdown();
    return false;
  } catch (error) {
    if (error instanceof RuntimeEndedError) return true;
    throw error;
  }
}

/** Actors that were let go of need a moment to end. */
async function expectAllGivenBack(runtime: Runtime): Promise<void> {
  const deadlineMs = performance.now() + GIVEN_BACK_WITHIN_MS;
  for (;;) {
    const { total, available } = await runtime.resources();
    if (Object.keys(total).every((name) => total[name] === available[name])) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`violation: not given back: ${inspect({ total, available })}`);
    }
    await delay(20);
  }
}

async function main(seed: number, seconds: number, effects: string): Promise<void> {
  const mayEnd = process.argv[5] === "may-end";
  const hasEnded = await run(seed, seconds, effects);
  if (hasEnded && !mayEnd) throw new Error("violation: the runtime has ended by itself");
  if (hasEnded && (await run(seed + 1, 1, effects))) {
    throw new Error("violation: the second runtime has ended as well");
  }
  const text = [...counts].sort().map(([key, count]) => `${key} ${count}`);
  console.log(`${hasEnded ? "ended once; " : ""}${text.join(", ")}`);
}

main(Number(process.argv[2]), Number(process.argv[3]), process.argv[4]!).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
