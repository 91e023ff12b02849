import { openPool } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import { POOLS, PYTHON } from "../harness/types.ts";
import type { Case } from "../harness/types.ts";

const CALLS = 100;

export const tasksSync: Case = {
  name: "single client tasks sync",
  what: "a no-op task with one integer, awaited before the next is called",
  figures: [{ name: "tasks", unit: "/s", better: "higher" }],
  contenders: ["mobula", ...POOLS, ...PYTHON],
  goals: [
    { figure: "tasks", atLeast: 1.8, times: "best pool" },
    { figure: "tasks", atLeast: 30, times: "ray" },
  ],
  warmUp: true,
  async prepare(contender) {
    const pool = await openPool(contender, "echo");
    const batch = async (): Promise<number> => {
      for (let call = 0; call < CALLS; call++) await pool.run(call);
      return CALLS;
    };
    return { run: async () => ({ tasks: await perSecond(batch) }), close: () => pool.close() };
  },
};
