import { init, remote, wait } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import echo from "../jobs/echo.ts";
import type { Case } from "../harness/types.ts";

const REFS = 1_000;

export const waitRefs: Case = {
  name: "single client wait 1k refs",
  what: "1,000 no-op tasks are called; one is waited for at a time until none is pending",
  figures: [{ name: "rounds", unit: "/s", better: "higher" }],
  contenders: ["mobula", "ray"],
  goals: [{ figure: "rounds", atLeast: 200 }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const task = remote(echo);
    const batch = async (): Promise<number> => {
      let pending = Array.from({ length: REFS }, (_, index) => task(index));
      while (pending.length > 0) pending = (await wait(pending)).pending;
      return 1;
    };
    return {
      run: async () => ({ rounds: await perSecond(batch) }),
      close: () => runtime.shutdown(),
    };
  },
};
