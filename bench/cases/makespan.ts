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
  what: "tasks of 250 ms x 4, and of 1 ms x 100 with 500 ms x 2, against their CPU time / 2",
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
    const stepsPerMs = await calibrate(pool);
    return {
      async run() {
        const long = await timesIdeal(pool, LONG_MS, stepsPerMs);
        return { long, mixed: await timesIdeal(pool, MIXED_MS, stepsPerMs) };
      },
      close: () => pool.close(),
    };
  },
};

/** Only sets how long a task is, roughly: the ideal is made of what the tasks really used. */
async function calibrate(pool: Pool): Promise<number> {
  const steps = 100_000_000;
  let usedMs = 0;
  for (let warm = 0; warm < 3; warm++) usedMs = await pool.run(steps);
  return steps / usedMs;
}

/** From the first call to the last result, in units of the CPU time of all tasks on two cores. */
async function timesIdeal(pool: Pool, tasksMs: number[], stepsPerMs: number): Promise<number> {
  let idealMs = 0;
  const elapsed = await seconds(async () => {
    const calls = tasksMs.map((ms) => pool.run(Math.round(ms * stepsPerMs)));
    const usedMs = await Promise.all(calls);
    idealMs = usedMs.reduce((total, ms) => total + ms, 0) / WORKERS;
  });
  return (elapsed * 1_000) / idealMs;
}
