import { get, init, put } from "mobula";
import type { ObjectRef } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const OBJECTS = 10_000;
/** Just below the size from which objects are stored, and just that size. */
const SENT_BYTES = 100_000;
const STORED_BYTES = 102_400;

export const manyObjects: Case = {
  name: "10,000 objects of 100 KB in one get",
  what: "an array of 10,000 refs is given to one get; the objects are stored, or kept as sent",
  figures: [
    { name: "stored (100 KiB)", unit: "s", better: "lower" },
    { name: "sent (100 KB)", unit: "s", better: "lower" },
  ],
  contenders: ["mobula", "ray"],
  goals: [
    { figure: "stored (100 KiB)", atMost: 0.5 },
    { figure: "sent (100 KB)", atMost: 0.5 },
  ],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    const stored = putAll(STORED_BYTES);
    const sent = putAll(SENT_BYTES);
    const run = async (): Promise<Record<string, number>> => ({
      "stored (100 KiB)": await getAll(stored),
      "sent (100 KB)": await getAll(sent),
    });
    return { run, close: () => runtime.shutdown() };
  },
};

function putAll(sizeBytes: number): ObjectRef<Uint8Array>[] {
  return Array.from({ length: OBJECTS }, (_, index) => {
    return put(new Uint8Array(sizeBytes).fill(index % 256));
  });
}

async function getAll(refs: readonly ObjectRef<Uint8Array>[]): Promise<number> {
  let values: Uint8Array[] = [];
  const elapsed = await seconds(async () => (values = await get(refs)));
  values.forEach((bytes, index) => {
    if (bytes[0] === index % 256 && bytes.at(-1) === index % 256) return;
    throw new Error(`Cannot trust the round: object ${index} has byte ${bytes[0]}`);
  });
  return elapsed;
}
