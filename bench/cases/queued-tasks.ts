import { openPool } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const TASKS = 1_000_000;

/**
 * Left out for their time: Ray, which at its speed needs eight minutes for a round, and tinypool
 * and workerpool, which did not end within three.
 */
export const queuedTasks: Case = {
  name: "1,000,000 queued tasks",
  what: "no-op tasks are all called in one go, then awaited one by one",
  figures: [
    { name: "drained", unit: "s", better: "lower" },
    { name: "driver RSS", unit: "B/task at the peak", better: "lower" },
    { name: "driver heap", unit: "B/task queued", better: "lower" },
  ],
  contenders: ["mobula", "piscina", "piscina x10", "poolifier threads"],
  goals: [
    { figure: "drained", atMost: 10 },
    { figure: "driver RSS", atMost: 1_536 },
  ],
  warmUp: false,
  freshProcess: true,
  async prepare(contender) {
    const pool = await openPool(contender, "echo");
    return { run: () => drain((n) => pool.run(n)), close: () => pool.close() };
  },
};

async function drain(run: (n: number) => PromiseLike<number>): Promise<Record<string, number>> {
  for (let n = 0; n < 1_000; n++) await run(n);
  const before = process.memoryUsage();
  let heapBytes = 0;
  const drained = await seconds(async () => {
    const results: PromiseLike<number>[] = [];
    for (let n = 0; n < TASKS; n++) results.push(run(n));
    heapBytes = process.memoryUsage().heapUsed - before.heapUsed;
    for (let n = 0; n < TASKS; n++) {
      const value = await (results[n] as PromiseLike<number>);
      if (value !== n) throw new Error(`Cannot trust the round: task ${n} returned ${value}`);
    }
  });
  const peakBytes = process.resourceUsage().maxRSS * 1_024 - before.rss;
  return { drained, "driver RSS": peakBytes / TASKS, "driver heap": heapBytes / TASKS };
}
