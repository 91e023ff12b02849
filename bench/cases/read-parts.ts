import { init, put, remote } from "mobula";
import { Piscina } from "piscina";
import { WORKERS } from "../contenders/pool.ts";
import { GIB, seconds } from "../harness/measure.ts";
import type { Case, Round } from "../harness/types.ts";
import { sumPart } from "../jobs/sum-part.ts";
import type { Part } from "../jobs/sum-part.ts";

const TASKS = 100;
const LENGTH = GIB / 8 - ((GIB / 8) % TASKS);
const PART = LENGTH / TASKS;

/** Sums the part that begins at `from`. */
type Sum = (from: number) => PromiseLike<number>;

export const readParts: Case = {
  name: "100 tasks reading 1 GiB",
  what: `${TASKS} tasks are called at once; each adds up its hundredth of one array of 1 GiB`,
  figures: [
    { name: "views of their own", unit: "s", better: "lower" },
    { name: "shared views", unit: "s", better: "lower" },
  ],
  contenders: ["mobula", "piscina shared", "ray"],
  goals: [
    { figure: "views of their own", atLeast: 0.59, times: "piscina shared" },
    { figure: "shared views", atLeast: 0.83, times: "piscina shared" },
  ],
  warmUp: true,
  prepare: (contender) => (contender === "mobula" ? withMobula() : withThreads()),
};

async function withMobula(): Promise<Round> {
  const runtime = await init({ numCpus: WORKERS });
  const stored = put(numbersIn(new ArrayBuffer(LENGTH * 8)));
  const sum = remote(sumPart);
  const sumShared = sum.options({ shared: true });
  return {
    run: async () => ({
      "views of their own": await read((from) => sum(stored, from, from + PART)),
      "shared views": await read((from) => sumShared(stored, from, from + PART)),
    }),
    close: () => runtime.shutdown(),
  };
}

/** As many threads, over a SharedArrayBuffer: there, all views are shared. */
async function withThreads(): Promise<Round> {
  const pool = new Piscina<Part, number>({
    filename: new URL("../jobs/sum-part.js", import.meta.url).href,
    minThreads: WORKERS,
    maxThreads: WORKERS,
  });
  const numbers = numbersIn(new SharedArrayBuffer(LENGTH * 8));
  const sum: Sum = (from) => pool.run({ numbers, from, to: from + PART });
  return {
    run: async () => ({ "views of their own": await read(sum), "shared views": await read(sum) }),
    close: () => pool.destroy(),
  };
}

/** Seconds until all parts are summed up. */
async function read(sum: Sum): Promise<number> {
  const starts = Array.from({ length: TASKS }, (_, index) => index * PART);
  let sums: number[] = [];
  const elapsed = await seconds(async () => {
    sums = await Promise.all(starts.map((from) => sum(from)));
  });
  sums.forEach((found, index) => {
    if (found === sumFrom(starts[index]!)) return;
    throw new Error(`Cannot trust the round: part ${index} adds up to ${found}`);
  });
  return elapsed;
}

/** Each element is its index. */
function numbersIn(buffer: ArrayBufferLike): Float64Array {
  const numbers = new Float64Array(buffer);
  for (let index = 0; index < LENGTH; index++) numbers[index] = index;
  return numbers;
}

/** Exact: sums of a part stay below 2 ** 53. */
function sumFrom(from: number): number {
  return PART * from + (PART * (PART - 1)) / 2;
}
