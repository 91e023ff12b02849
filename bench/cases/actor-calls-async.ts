import { openCallee } from "../contenders/callee.ts";
import { perSecond } from "../harness/measure.ts";
import { MOBULA_TASKS, POOLS } from "../harness/types.ts";
import type { Case } from "../harness/types.ts";

const IN_FLIGHT = 1_000;
const SUM = (IN_FLIGHT * (IN_FLIGHT - 1)) / 2;

/** One actor is one process; the pools' tasks have two workers. */
export const actorCallsAsync: Case = {
  name: "1:1 actor calls async",
  what: "1,000 calls of a no-op method with one integer each, then all are awaited",
  figures: [{ name: "calls", unit: "/s", better: "higher" }],
  contenders: ["mobula", MOBULA_TASKS, ...POOLS, "ray"],
  goals: [{ figure: "calls", atLeast: 60, times: "ray" }],
  warmUp: true,
  async prepare(contender) {
    const callee = await openCallee(contender);
    const inputs = Array.from({ length: IN_FLIGHT }, (_, index) => index);
    const batch = async (): Promise<number> => {
      const answers = await Promise.all(inputs.map((input) => callee.run(input)));
      const sum = answers.reduce((total, each) => total + each, 0);
      if (sum !== SUM) throw new Error(`Cannot trust the round: the sum is ${sum}`);
      return IN_FLIGHT;
    };
    return { run: async () => ({ calls: await perSecond(batch) }), close: () => callee.close() };
  },
};
