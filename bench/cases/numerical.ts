import { seededFilters, seededImage } from "../../examples/numerical/seeded.ts";
import { onOneCore, withMobula, withPiscina } from "../../examples/numerical/ways.ts";
import type { PoolWay, Way } from "../../examples/numerical/ways.ts";
import { WORKERS } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import { spreadOf } from "../harness/stats.ts";
import type { Case, NodeName } from "../harness/types.ts";

const SIDE = 3_000;
const PASSES = 5;
const WORKER = new URL("../../examples/numerical/piscina-worker.js", import.meta.url);

/** The program `examples/numerical.ts`; Ray runs the same with SciPy. */
export const numerical: Case = {
  name: "numerical workload",
  what: `an image of ${SIDE} x ${SIDE} convolved with one filter per core, next to it on one core`,
  figures: [
    { name: "pass", unit: "s", better: "lower" },
    { name: "speed-up", unit: "x own serial", better: "higher" },
  ],
  contenders: ["mobula", "piscina", "piscina transfer", "piscina shared", "ray"],
  goals: [
    { figure: "speed-up", atLeast: 1.85 },
    { figure: "pass", atLeast: 1, times: "piscina" },
    { figure: "pass", atLeast: 1, times: "piscina shared" },
    { figure: "speed-up", atLeast: 1, times: "ray" },
  ],
  warmUp: true,
  async prepare(contender) {
    const image = seededImage(SIDE);
    const filters = seededFilters(WORKERS);
    const way = await open(contender);
    const serial = onOneCore();
    const passes = async (): Promise<Record<string, number>> => {
      const own: number[] = [];
      const alone: number[] = [];
      for (let pass = 0; pass < PASSES; pass++) {
        own.push(await seconds(() => way.pass(image, filters)));
        alone.push(await seconds(() => serial.pass(image, filters)));
      }
      const pass = spreadOf(own)!.median;
      return { pass, "speed-up": spreadOf(alone)!.median / pass };
    };
    return { run: passes, close: () => way.close() };
  },
};

async function open(contender: NodeName): Promise<Way> {
  if (contender === "mobula") return await withMobula(WORKERS);
  const how: PoolWay =
    contender === "piscina" ? "clone" : contender === "piscina shared" ? "shared" : "transfer";
  return withPiscina(how, WORKER, WORKERS);
}
