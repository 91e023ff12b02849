import { get, init, put } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const REFS = 10_000;

export const refsPutAndGot: Case = {
  name: "10,000 refs put and got",
  what: "an array of 10,000 refs is put, got and disposed",
  figures: [{ name: "rounds", unit: "/s", better: "higher" }],
  contenders: ["mobula", "ray"],
  goals: [{ figure: "rounds", atLeast: 100 }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const refs = Array.from({ length: REFS }, (_, index) => put(index));
    const batch = async (): Promise<number> => {
      using holding = put(refs);
      const got = await get(holding);
      const last = await got[REFS - 1];
      if (last !== REFS - 1) throw new Error(`Cannot trust the round: the last is ${last}`);
      return 1;
    };
    return {
      run: async () => ({ rounds: await perSecond(batch) }),
      close: () => runtime.shutdown(),
    };
  },
};
