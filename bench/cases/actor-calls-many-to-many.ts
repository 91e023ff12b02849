import { init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";
import { Caller } from "../jobs/caller.ts";
import { Echo } from "../jobs/echo-actor.ts";

/** Of one caller between two answers to the driver. */
const CALLS = 5_000;
const IN_FLIGHT = 1_000;
const SUM = (CALLS * (CALLS - 1)) / 2;

export const actorCallsManyToMany: Case = {
  name: "n:n actor calls async",
  what: `${WORKERS} actors call ${WORKERS} others in turn, 1,000 calls in flight in all`,
  figures: [{ name: "calls", unit: "/s", better: "higher" }],
  contenders: ["mobula", "ray"],
  goals: [{ figure: "calls", atLeast: 60, times: "ray" }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const [RemoteEcho, RemoteCaller] = [remote(Echo), remote(Caller)];
    const actors = Array.from({ length: WORKERS }, () => new RemoteEcho());
    const callers = Array.from({ length: WORKERS }, () => new RemoteCaller(actors));
    const batch = async (): Promise<number> => {
      const each = callers.map((caller) => caller.call(CALLS, IN_FLIGHT / WORKERS));
      for (const sum of await Promise.all(each)) {
        if (sum !== SUM) throw new Error(`Cannot trust the round: the sum is ${sum}`);
      }
      return CALLS * WORKERS;
    };
    return {
      run: async () => ({ calls: await perSecond(batch) }),
      close: () => runtime.shutdown(),
    };
  },
};
