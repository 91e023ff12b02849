import { init, put } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { mappedFillSeconds, pwriteSeconds } from "../harness/fresh-file.ts";
import { GIB, seconds } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const FILE = `/dev/shm/mobula-bench-${process.pid}`;

export const firstGigabyte: Case = {
  name: "first 1 GiB",
  what: "the first put of a program, of 1 GiB, against writing it to a fresh file in memory",
  figures: [
    { name: "put", unit: "GB/s", better: "higher" },
    { name: "pwrite", unit: "GB/s", better: "higher" },
    { name: "mapped fill", unit: "GB/s", better: "higher" },
    { name: "ratio", unit: "put / the best", better: "higher" },
  ],
  contenders: ["mobula"],
  goals: [{ figure: "ratio", atLeast: 0.9 }],
  warmUp: false,
  freshProcess: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    return { run: measure, close: () => runtime.shutdown() };
  },
};

/** Each of the others before the put and after it: memory that was just freed comes back faster. */
async function measure(): Promise<Record<string, number>> {
  const bytes = new Uint8Array(GIB).fill(1);
  const before = [pwriteSeconds(FILE, bytes), mappedFillSeconds(FILE, bytes)];
  const putSeconds = await seconds(async () => put(bytes));
  const after = [mappedFillSeconds(FILE, bytes), pwriteSeconds(FILE, bytes)];
  const rate = (elapsed: number): number => GIB / elapsed / 1e9;
  const own = rate(putSeconds);
  const pwrite = rate((before[0]! + after[1]!) / 2);
  const fill = rate((before[1]! + after[0]!) / 2);
  return { put: own, pwrite, "mapped fill": fill, ratio: own / Math.max(pwrite, fill) };
}
