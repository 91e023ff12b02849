import { openPool, WORKERS } from "../contenders/pool.ts";
import type { Pool } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import { POOLS } from "../harness/types.ts";
import type { Case } from "../harness/types.ts";

const LONG_MS = [250, 250, 250, 250];
/** The two long tasks stand among the short ones, as they would in a list nobody sorted. */
const MIXED_MS = Array.from({ length: 102 }, (_, index) =>
  index === 33 || index === 67 ? 500 : 1,
);

export const makespan: Case = {
  name: "makespan",
  what: "tasks of 250 ms x 4, and of 1 ms x 100 with 500 ms x 2, against CPU time / 2 cores",
  figures: [
    { name: "long", unit: "x ideal", better: "lower" },
    { name: "mixed", unit: "x ideal", better: "lower" },
  ],
  contenders: ["mobula", ...POOLS],
  goals: [
    { figure: "long", atMost: 1.15 },
    { figure: "mixed", atMost: 1.15 },
  ],
  warmUp: true,
  async prepare(contender) {
    const pool = await openPool(contender, "burn");
    return {
      async run() {
        const stepsPerMs = await calibrate(pool);
        const long = await timesIdeal(pool, LONG_MS, stepsPerMs);
        return { long, mixed: await timesIdeal(pool, MIXED_MS, stepsPerMs) };
      },
      close: () => pool.close(),
    };
  },
};

/** Steps in a millisecond while both cores are busy: the speed that the ideal is made of. */
async function calibrate(pool: Pool): Promise<number> {
  const steps = 200_000_000;
  const calls = Array.from({ length: WORKERS }, () => pool.run(steps));
  const timesMs = await Promise.all(calls);
  return steps / (timesMs.reduce((total, ms) => total + ms, 0) / WORKERS);
}

async function timesIdeal(pool: Pool, tasksMs: number[], stepsPerMs: number): Promise<number> {
  const idealMs = tasksMs.reduce((total, ms) => total + ms, 0) / WORKERS;
  const elapsed = await runAll(
    pool,
    tasksMs.map((ms) => Math.round(ms * stepsPerMs)),
  );
  return (elapsed * 1_000) / idealMs;
}

function runAll(pool: Pool, steps: number[]): Promise<number> {
  return seconds(() => Promise.all(steps.map((each) => pool.run(each))));
}
