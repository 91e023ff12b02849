import { init, put, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const REFS = 10_000;

export const refArguments: Case = {
  name: "10,000 ref arguments",
  what: "one task that is given 10,000 refs as arguments and adds up their values",
  figures: [{ name: "called and returned", unit: "s", better: "lower" }],
  contenders: ["mobula", "ray"],
  goals: [{ figure: "called and returned", atMost: 1 }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const sum = remote((...terms: number[]) => terms.reduce((total, term) => total + term, 0));
    const expected = (REFS * (REFS - 1)) / 2;
    return {
      async run() {
        const refs = Array.from({ length: REFS }, (_, index) => put(index));
        let total = 0;
        const elapsed = await seconds(async () => (total = await sum(...refs)));
        if (total !== expected) throw new Error(`Cannot trust the round: the sum is ${total}`);
        return { "called and returned": elapsed };
      },
      close: () => runtime.shutdown(),
    };
  },
};
