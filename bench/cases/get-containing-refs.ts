import { get, init, put, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const REFS = 10_000;

export const getContainingRefs: Case = {
  name: "single client get object containing 10k refs",
  what: "getting the value of a finished task that returned an array of 10,000 refs",
  figures: [{ name: "gets", unit: "/s", better: "higher" }],
  contenders: ["mobula", "ray"],
  goals: [],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const create = remote(() => Array.from({ length: REFS }, () => put(1)));
    const containing = create();
    const batch = async (): Promise<number> => {
      const { length } = await get(containing);
      if (length !== REFS) throw new Error(`Cannot trust the round: ${length} refs arrived`);
      return 1;
    };
    return {
      run: async () => ({ gets: await perSecond(batch) }),
      close: () => runtime.shutdown(),
    };
  },
};
