/**
 * Counts the prefixes of words in a stream of documents, with one accumulator for each core: on
 * one core, with a pool of threads, and with Mobula.
 *
 *   npx tsx examples/stateful.ts            10 documents for each accumulator, three passes
 *   npx tsx examples/stateful.ts 2 1        2 documents for each accumulator, one pass
 *
 * All ways run the same function on the same documents (stateful/prefix-count.ts); they differ in
 * where an accumulator's state is between two documents (stateful/ways.ts). The program fails if
 * they do not find the same prefixes.
 */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { init } from "mobula";
import { onOneCore, withMobula, withPiscina } from "./stateful/ways.ts";
import { runExample } from "./support/run-example.ts";
import type { Timed } from "./support/times.ts";

const RUNNERS = [
  { name: "one core", open: onOneCore, seconds: [] as number[] },
  { name: "piscina, state sent", open: withPiscina, seconds: [] as number[] },
  { name: "Mobula, actors", open: withMobula, seconds: [] as number[] },
];

async function main(documents: number, passes: number): Promise<readonly Timed[]> {
  const shape = { accumulators: availableParallelism(), documents };
  console.log(`${shape.accumulators} accumulators, ${documents} documents each, ${passes} passes`);
  await init({ numCpus: shape.accumulators });

  let expected: string | undefined;
  // The ways take turns, so that what else the machine does meets all of them.
  for (let pass = 0; pass < passes; pass++) {
    for (const { name, open, seconds } of RUNNERS) {
      await using counting = await open(shape);
      const startMs = performance.now();
      const popular = await counting.run();
      seconds.push((performance.now() - startMs) / 1_000);
      const found = describe(popular);
      expected ??= found;
      if (found === expected) continue;
      throw new Error(`Cannot trust ${name}: it found ${found}, not ${expected}`);
    }
  }
  console.log(`All ways found ${expected}`);
  return RUNNERS.map(({ name, seconds }) => ({ name, seconds }));
}

/** The same text for the same prefixes, in whatever order they were found. */
function describe(popular: ReadonlySet<string>): string {
  const hash = createHash("sha256").update(JSON.stringify([...popular].sort()));
  return `${popular.size} popular prefixes (checksum ${hash.digest("hex").slice(0, 16)})`;
}

runExample([10, 3], main);
