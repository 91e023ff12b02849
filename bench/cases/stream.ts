import { openStream } from "../contenders/stream.ts";
import { heapBytes } from "../harness/heap.ts";
import { MIB } from "../harness/measure.ts";
import { scaled } from "../harness/scale.ts";
import { spreadOf } from "../harness/stats.ts";
import { THREAD_STREAMS } from "../harness/types.ts";
import type { Case, Figures } from "../harness/types.ts";

const SAMPLES = 100;
const WARM_UP_SAMPLES = 10;

export const stream: Case = {
  name: "1,000,000 streamed elements",
  what: "integers of a generator elsewhere, consumed one by one; memory of the consumer's process",
  figures: [
    { name: "elements", unit: "/s", better: "higher" },
    { name: "resident", unit: "MiB, highest less lowest", better: "lower" },
    { name: "heap", unit: "MiB more at the end", better: "lower" },
  ],
  contenders: ["mobula", ...THREAD_STREAMS, "ray"],
  goals: [
    { figure: "elements", atLeast: 200_000 },
    { figure: "resident", atMost: 32 },
    { figure: "heap", atMost: 1 },
  ],
  warmUp: true,
  async prepare(contender) {
    const source = await openStream(contender);
    // At its speed a million elements would take minutes.
    const count = scaled(contender === "thread ReadableStream" ? 100_000 : 1_000_000);
    return { run: () => measure(source.numbers(count), count), close: () => source.close() };
  },
};

/** The first tenth is left out of what is said about memory. */
async function measure(numbers: AsyncIterable<number>, count: number): Promise<Figures> {
  const every = Math.max(1, Math.floor(count / SAMPLES));
  const residentBytes: number[] = [];
  const heapsBytes: number[] = [];
  let [received, sum, collectedMs] = [0, 0, 0];
  const collect = async (): Promise<void> => {
    const startMs = performance.now();
    heapsBytes.push(await heapBytes());
    collectedMs += performance.now() - startMs;
  };
  const startMs = performance.now();
  for await (const n of numbers) {
    sum += n;
    if (++received === every * WARM_UP_SAMPLES || received === count) await collect();
    if (received % every === 0) residentBytes.push(process.memoryUsage.rss());
  }
  const elapsedMs = performance.now() - startMs - collectedMs;
  if (sum !== (count * (count - 1)) / 2) throw new Error(`Cannot trust the round: sum is ${sum}`);
  const { min, max } = spreadOf(residentBytes.slice(WARM_UP_SAMPLES))!;
  const [early, late] = heapsBytes as [number, number];
  return {
    elements: (count / elapsedMs) * 1_000,
    resident: (max - min) / MIB,
    heap: Math.max(late - early, 0) / MIB,
  };
}
