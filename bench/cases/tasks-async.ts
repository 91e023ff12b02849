import { openPool } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import { POOLS, PYTHON } from "../harness/types.ts";
import type { Case } from "../harness/types.ts";

const IN_FLIGHT = 1_000;

export const tasksAsync: Case = {
  name: "single client tasks async",
  what: "1,000 no-op tasks with one integer each are called, then all are awaited",
  figures: [{ name: "tasks", unit: "/s", better: "higher" }],
  contenders: ["mobula", ...POOLS, ...PYTHON],
  goals: [
    { figure: "tasks", atLeast: 2, times: "best pool" },
    { figure: "tasks", atLeast: 100, times: "ray" },
  ],
  warmUp: true,
  async prepare(contender) {
    const pool = await openPool(contender, "echo");
    const inputs = Array.from({ length: IN_FLIGHT }, (_, index) => index);
    const batch = async (): Promise<number> => {
      await Promise.all(inputs.map((input) => pool.run(input)));
      return IN_FLIGHT;
    };
    return { run: async () => ({ tasks: await perSecond(batch) }), close: () => pool.close() };
  },
};
