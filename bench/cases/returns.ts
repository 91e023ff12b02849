import { init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const RETURNS = 3_000;

export const returns: Case = {
  name: "3,000 returns",
  what: "one task with 3,000 returned values, each a ref of its own, all awaited",
  figures: [{ name: "called and returned", unit: "s", better: "lower" }],
  contenders: ["mobula", "ray"],
  goals: [{ figure: "called and returned", atMost: 1 }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const count = (): number[] => Array.from({ length: RETURNS }, (_, index) => index);
    const countRemote = remote(count, { numReturns: RETURNS });
    return {
      async run() {
        let values: number[] = [];
        const elapsed = await seconds(async () => {
          values = await Promise.all(countRemote());
        });
        const last = values.at(-1);
        if (last !== RETURNS - 1) throw new Error(`Cannot trust the round: last is ${last}`);
        return { "called and returned": elapsed };
      },
      close: () => runtime.shutdown(),
    };
  },
};
