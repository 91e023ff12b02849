import { init, put } from "mobula";
import type { ObjectRef } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { GIB, MIB, seconds } from "../harness/measure.ts";
import { spreadOf } from "../harness/stats.ts";
import type { Case } from "../harness/types.ts";

const AWAITS = 20;
const SMALL_HEAP_BYTES = 20 * MIB;
const LARGE_HEAP_BYTES = 300 * MIB;

/** A large view counts as memory of the heap: it may set off a collection of all of it. */
export const awaitStored: Case = {
  name: "await of a stored 1 GiB",
  what: "the value of a ref is awaited and not touched, with a small heap and with one of 300 MiB",
  figures: [
    { name: "small heap", unit: "ms", better: "lower" },
    { name: "large heap", unit: "ms", better: "lower" },
    { name: "its size", unit: "MiB", better: "lower" },
  ],
  contenders: ["mobula", "ray"],
  goals: [{ figure: "small heap", atMost: 10 }],
  warmUp: false,
  freshProcess: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const stored = put(new Float64Array(GIB / 8).fill(1));
    await medianMs(stored);
    return { run: () => measure(stored), close: () => runtime.shutdown() };
  },
};

async function measure(stored: ObjectRef<Float64Array>): Promise<Record<string, number>> {
  const { heapUsed } = process.memoryUsage();
  if (heapUsed > SMALL_HEAP_BYTES) throw new Error(`Cannot start with ${heapUsed} bytes of heap`);
  const small = await medianMs(stored);
  const filling: object[] = [];
  fill(filling);
  // What was garbage is gone after an await or two.
  await medianMs(stored);
  fill(filling);
  const large = await medianMs(stored);
  const heapBytes = process.memoryUsage().heapUsed;
  if (filling.length === 0) throw new Error("Cannot trust the round: the heap was not filled");
  return { "small heap": small, "large heap": large, "its size": heapBytes / MIB };
}

function fill(filling: object[]): void {
  while (process.memoryUsage().heapUsed < LARGE_HEAP_BYTES) {
    for (let index = 0; index < 10_000; index++) filling.push({ index, text: `${index}` });
  }
}

async function medianMs(stored: ObjectRef<Float64Array>): Promise<number> {
  const taken: number[] = [];
  for (let turn = 0; turn < AWAITS; turn++) {
    taken.push(1_000 * (await seconds(async () => void (await stored))));
  }
  return spreadOf(taken)!.median;
}
