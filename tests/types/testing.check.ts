/** The simulator. */

import { remote } from "mobula";
import { compute, exit, hold, simulate, sleep, type SimulationResult } from "mobula/testing";
import { same, type Equal } from "./equal.ts";

const result = await simulate({ seed: 1 }, async () => remote((x: number) => String(x))(1));
same<Equal<typeof result, SimulationResult<string>>>();
same<Equal<typeof result.faults, ReadonlyMap<string, number>>>();

await simulate(
  {
    seed: 2,
    faults: { "worker-kill": 0.1, "link-cut": 0 },
    faultPoints: { "reply-lost": 0.1 },
    messageMs: [0, 5],
  },
  () => sleep(1),
);
// @ts-expect-error a seed is needed
void simulate({}, () => sleep(1));
// @ts-expect-error no such fault
void simulate({ seed: 1, faults: { "worker-kil": 1 } }, () => sleep(1));
// @ts-expect-error the program is to give a promise
void simulate({ seed: 1 }, () => 1);

const ended: Promise<never> = exit(1);
compute(1);
const held: Disposable = hold(2 ** 20);
void held;
void ended;
