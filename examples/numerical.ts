/**
 * Convolves an image with one filter for each core and keeps every fifth element, ten times over:
 * on one core, with a pool of threads, and with Mobula.
 *
 *   npx tsx examples/numerical.ts            3000 x 3000 elements, ten passes
 *   npx tsx examples/numerical.ts 500 3      500 x 500 elements, three passes
 *
 * All ways run the same function (numerical/convolve.ts); they differ in how the image gets to it
 * (numerical/ways.ts). Their results are compared element by element, and with those of SciPy if
 * MOBULA_BENCH_PYTHON names a Python that has it.
 */
import { availableParallelism } from "node:os";
import { checkClose, checkSame } from "./numerical/compare.ts";
import { convolveWithScipy } from "./numerical/scipy.ts";
import { seededFilters, seededImage } from "./numerical/seeded.ts";
import { onOneCore, POOL_WAYS, withMobula, withPiscina } from "./numerical/ways.ts";
import type { Way } from "./numerical/ways.ts";
import { runExample } from "./support/run-example.ts";
import type { Timed } from "./support/times.ts";

interface Runner extends Timed {
  readonly way: Way;
  readonly seconds: number[];
}

async function openRunners(cores: number): Promise<Runner[]> {
  const worker = new URL("./numerical/piscina-worker.ts", import.meta.url);
  const pools = POOL_WAYS.map((how) => {
    return { name: `piscina, ${how}`, way: withPiscina(how, worker, cores), seconds: [] };
  });
  return [
    { name: "one core", way: onOneCore(), seconds: [] },
    ...pools,
    { name: "Mobula", way: await withMobula(cores), seconds: [] },
  ];
}

async function main(side: number, passes: number): Promise<readonly Timed[]> {
  const image = seededImage(side);
  const filters = seededFilters(availableParallelism());
  const expected = await onOneCore().pass(image, filters);
  console.log(`${side} x ${side} elements, ${filters.length} filters, ${passes} passes`);

  const runners = await openRunners(filters.length);
  // The ways take turns, so that what else the machine does meets all of them. The first turn
  // only warms them up.
  for (let pass = 0; pass <= passes; pass++) {
    for (const { name, way, seconds } of runners) {
      const startMs = performance.now();
      const results = await way.pass(image, filters);
      if (pass > 0) seconds.push((performance.now() - startMs) / 1_000);
      checkSame(name, results, expected);
    }
  }
  for (const { way } of runners) await way.close();

  const theirs = convolveWithScipy(image, filters);
  if (typeof theirs !== "string") checkClose("SciPy", theirs, expected);
  const scipy = typeof theirs === "string" ? `not compared with SciPy: ${theirs}` : "as SciPy's";
  console.log(`The results of all ways are the same; ${scipy}`);
  return runners.map(({ name, seconds }) => ({ name, seconds }));
}

runExample([3_000, 10], main);
