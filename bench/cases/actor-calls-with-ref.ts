import { init, put, remote } from "mobula";
import type { ObjectRef } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { perSecond } from "../harness/measure.ts";
import type { Case, Figures } from "../harness/types.ts";
import { Echo } from "../jobs/echo-actor.ts";

const IN_FLIGHT = 1_000;
/** What is compared runs in short turns, so that a slow moment of the machine hits all alike. */
const TURNS = 5;
const TURN_MS = 200;

export const actorCallsWithRef: Case = {
  name: "1:1 actor calls with a ref async",
  what: "1,000 calls in flight given put(0): one ref for all, or a ref each; then given 0 itself",
  figures: [
    { name: "one ref", unit: "/s", better: "higher" },
    { name: "a ref each", unit: "/s", better: "higher" },
    { name: "without", unit: "/s", better: "higher" },
    { name: "ratio", unit: "one ref / without", better: "higher" },
    { name: "ratio of each", unit: "a ref each / without", better: "higher" },
  ],
  contenders: ["mobula", "ray"],
  goals: [
    { figure: "ratio", atLeast: 0.5 },
    { figure: "ratio of each", atLeast: 0.5 },
  ],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const actor = new (remote(Echo))();
    return { run: () => measure((n) => actor.echo(n)), close: () => runtime.shutdown() };
  },
};

type Echoing = (given: 0 | ObjectRef<number>) => PromiseLike<number>;

async function measure(echo: Echoing): Promise<Figures> {
  const calls = async (next: () => 0 | ObjectRef<number>): Promise<number> => {
    const answers = Array.from({ length: IN_FLIGHT }, () => echo(next()));
    const wrong = (await Promise.all(answers)).find((answer) => answer !== 0);
    if (wrong !== undefined) throw new Error(`Cannot trust the round: 0 gave ${wrong}`);
    return IN_FLIGHT;
  };
  const kinds = {
    oneRef: () => {
      const ref = put(0);
      return calls(() => ref);
    },
    refEach: () => calls(() => put(0)),
    without: () => calls(() => 0),
  };
  const total = { oneRef: 0, refEach: 0, without: 0 };
  for (let turn = 0; turn < TURNS; turn++) {
    total.oneRef += await perSecond(kinds.oneRef, TURN_MS);
    total.refEach += await perSecond(kinds.refEach, TURN_MS);
    total.without += await perSecond(kinds.without, TURN_MS);
  }
  const { oneRef, refEach, without } = total;
  return {
    "one ref": oneRef / TURNS,
    "a ref each": refEach / TURNS,
    without: without / TURNS,
    ratio: oneRef / without,
    "ratio of each": refEach / without,
  };
}
