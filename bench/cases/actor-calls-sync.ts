import { openCallee } from "../contenders/callee.ts";
import { perSecond } from "../harness/measure.ts";
import { MOBULA_TASKS, POOLS } from "../harness/types.ts";
import type { Case } from "../harness/types.ts";

const CALLS = 100;

export const actorCallsSync: Case = {
  name: "1:1 actor calls sync",
  what: "a no-op method with one integer, awaited before the next call; of pools, a no-op task",
  figures: [{ name: "calls", unit: "/s", better: "higher" }],
  contenders: ["mobula", MOBULA_TASKS, ...POOLS, "ray"],
  goals: [
    { figure: "calls", atLeast: 1.8, times: "best pool" },
    { figure: "calls", atLeast: 30, times: "ray" },
  ],
  warmUp: true,
  async prepare(contender) {
    const callee = await openCallee(contender);
    const batch = async (): Promise<number> => {
      for (let call = 0; call < CALLS; call++) {
        const answer = await callee.run(call);
        if (answer !== call) throw new Error(`Cannot trust the round: ${call} gave ${answer}`);
      }
      return CALLS;
    };
    return { run: async () => ({ calls: await perSecond(batch) }), close: () => callee.close() };
  },
};
