import { init, put } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { MIB, seconds } from "../harness/measure.ts";
import { spreadOf } from "../harness/stats.ts";
import type { Case } from "../harness/types.ts";

const SIZE_BYTES = 100 * MIB;
const PUTS = 20;

export const putLarge: Case = {
  name: "put of 100 MiB",
  what: "an array is put and its ref disposed; next to it, it is copied to another array",
  figures: [
    { name: "put", unit: "GB/s", better: "higher" },
    { name: "memcpy", unit: "GB/s", better: "higher" },
    { name: "ratio", unit: "put / memcpy", better: "higher" },
  ],
  contenders: ["mobula", "ray"],
  goals: [{ figure: "ratio", atLeast: 0.85 }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const source = new Float64Array(SIZE_BYTES / 8).fill(1.5);
    const target = source.slice();
    const run = async (): Promise<Record<string, number>> => {
      const puts: number[] = [];
      const copies: number[] = [];
      for (let turn = 0; turn < PUTS; turn++) {
        copies.push(await seconds(async () => target.set(source)));
        puts.push(await seconds(async () => put(source)[Symbol.dispose]()));
      }
      const [own, memcpy] = [puts, copies].map((list) => SIZE_BYTES / median(list) / 1e9);
      return { put: own!, memcpy: memcpy!, ratio: own! / memcpy! };
    };
    return { run, close: () => runtime.shutdown() };
  },
};

function median(values: readonly number[]): number {
  return spreadOf(values)!.median;
}
