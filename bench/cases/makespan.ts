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

/** A task of this many milliseconds and more has a reliable CPU time. */
const LONG_FROM_MS = 250;

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

/**
 * From the first call to the last result, in units of the CPU time of all tasks on two cores.
 * Linux brings a running thread's account up to date every few milliseconds only: what a step
 * costs is learned from the long tasks of the same run.
 */
async function timesIdeal(pool: Pool, tasksMs: number[], stepsPerMs: number): Promise<number> {
  const tasks = tasksMs.map((ms) => ({
    steps: Math.round(ms * stepsPerMs),
    isLong: ms >= LONG_FROM_MS,
  }));
  let usedMs: number[] = [];
  const elapsed = await seconds(async () => {
    usedMs = await Promise.all(tasks.map(({ steps }) => pool.run(steps)));
  });
  const steps = sum(tasks.map((task) => task.steps));
  const longSteps = sum(tasks.map((task) => (task.isLong ? task.steps : 0)));
  const longMs = sum(usedMs.filter((_, index) => tasks[index]!.isLong));
  const idealMs = ((longMs / longSteps) * steps) / WORKERS;
  return (elapsed * 1_000) / idealMs;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
