import { get, init, put } from "mobula";
import type { ObjectRef } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const BATCH = 100;
const TURN_MS = 5;
const ROUND_MS = 500;
const SMALL = { id: 17, name: "small object", tags: ["a", "b"], at: 1.5 };

export const smallObjects: Case = {
  name: "small put and get",
  what: `small values put one by one, and got one by one; the event loop turns every ${TURN_MS} ms`,
  figures: [
    { name: "put", unit: "/s", better: "higher" },
    { name: "get", unit: "/s", better: "higher" },
    { name: "put of an object", unit: "/s", better: "higher" },
    { name: "get of an object", unit: "/s", better: "higher" },
  ],
  contenders: ["mobula", "ray"],
  goals: [
    { figure: "put", atLeast: 300_000 },
    { figure: "get", atLeast: 500_000 },
    { figure: "put of an object", atLeast: 300_000 },
    { figure: "get of an object", atLeast: 500_000 },
  ],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const run = async (): Promise<Record<string, number>> => ({
      put: await puts(0),
      get: await gets(0),
      "put of an object": await puts(SMALL),
      "get of an object": await gets(SMALL),
    });
    return { run, close: () => runtime.shutdown() };
  },
};

function puts(value: unknown): Promise<number> {
  const turn = turning();
  const refs: ObjectRef<unknown>[] = [];
  return perSecond(async () => {
    for (let done = 0; done < BATCH; done++) refs[done] = put(value);
    await turn();
    return BATCH;
  }, ROUND_MS);
}

function gets(value: unknown): Promise<number> {
  const ref = put(value);
  const turn = turning();
  return perSecond(async () => {
    for (let done = 0; done < BATCH; done++) await get(ref);
    await turn();
    return BATCH;
  }, ROUND_MS);
}

/** Lets the event loop go round, now and then. */
function turning(): () => Promise<void> {
  let turnedMs = performance.now();
  return async () => {
    if (performance.now() - turnedMs < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    turnedMs = performance.now();
  };
}
