/**
 * Classifies images with a neural network that has to be loaded first, ten rounds with as many
 * classifiers as cores: on one core, with what is loaded anew by each task, and with actors that
 * load it once.
 *
 *   (cd examples/expensive-init && npm ci)       ONNX Runtime, which runs the network
 *   npx tsx examples/expensive-init.ts           10,000 images, ten rounds, three passes
 *   npx tsx examples/expensive-init.ts 500 2 1   500 images, two rounds, one pass
 *
 * Network and images are shaped like MNIST's, and made from a seed (expensive-init/files.ts). All
 * ways run the same code on the same files (expensive-init/classifier.ts); they differ in how often
 * they load them. The program fails if a probability differs.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Piscina } from "piscina";
import { init, remote } from "mobula";
import { Classifier, loadAndClassify } from "./expensive-init/classifier.ts";
import { CLASSES, writeFiles } from "./expensive-init/files.ts";
import { runExample } from "./support/run-example.ts";
import type { Timed } from "./support/times.ts";

/** Classifies all images once for each core. */
interface Way extends AsyncDisposable {
  round(): Promise<Float32Array[]>;
}

async function onOneCore(folder: string, cores: number): Promise<Way> {
  const classifier = new Classifier(folder);
  await classifier.load();
  return {
    async round() {
      const results: Float32Array[] = [];
      for (let turn = 0; turn < cores; turn++) results.push(await classifier.classify());
      return results;
    },
    [Symbol.asyncDispose]: () => classifier.release(),
  };
}

async function withPiscina(folder: string, cores: number): Promise<Way> {
  const filename = new URL("./expensive-init/piscina-worker.ts", import.meta.url).href;
  const pool = new Piscina<string, Float32Array>({
    filename,
    minThreads: cores,
    maxThreads: cores,
  });
  return {
    round: () => Promise.all(Array.from({ length: cores }, () => pool.run(folder))),
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

async function withTasks(folder: string, cores: number): Promise<Way> {
  const classifyRemotely = remote(loadAndClassify);
  return {
    round: () => Promise.all(Array.from({ length: cores }, () => classifyRemotely(folder))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Each actor has a core of its own, and has loaded when the rounds begin. */
async function withActors(folder: string, cores: number): Promise<Way> {
  const RemoteClassifier = remote(Classifier);
  const actors = usableCores(cores).map((pinning) => {
    return new (RemoteClassifier.options(pinning))(folder);
  });
  await Promise.all(actors.map((actor) => actor.load()));
  return {
    round: () => Promise.all(actors.map((actor) => actor.classify())),
    async [Symbol.asyncDispose]() {
      await Promise.all(actors.map((actor) => actor[Symbol.asyncDispose]()));
    },
  };
}

/** The numbers of the cores that this process may use, as an option for each; on Linux. */
function usableCores(count: number): { cpuAffinity?: number[] }[] {
  if (process.platform !== "linux") return Array.from({ length: count }, () => ({}));
  const status = readFileSync("/proc/self/status", "utf8");
  const ranges = /^Cpus_allowed_list:\s*(.+)$/m.exec(status)![1]!.split(",");
  const cores = ranges.flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
  });
  return cores.slice(0, count).map((core) => ({ cpuAffinity: [core] }));
}

const RUNNERS = [
  { name: "one core, loaded once", open: onOneCore, seconds: [] as number[] },
  { name: "piscina, loaded by each task", open: withPiscina, seconds: [] as number[] },
  { name: "Mobula, loaded by each task", open: withTasks, seconds: [] as number[] },
  { name: "Mobula, actors", open: withActors, seconds: [] as number[] },
];

async function main(images: number, rounds: number, passes: number): Promise<readonly Timed[]> {
  const cores = availableParallelism();
  console.log(`${images} images, ${cores} times a round, ${rounds} rounds, ${passes} passes`);
  await init({ numCpus: cores });
  const folder = mkdtempSync(join(tmpdir(), "expensive-init-"));
  try {
    writeFiles(folder, images);
    const expected = await loadAndClassify(folder);
    // The ways take turns, so that what else the machine does meets all of them.
    for (let pass = 0; pass < passes; pass++) {
      for (const { name, open, seconds } of RUNNERS) {
        await using way = await open(folder, cores);
        const results = await way.round(); // Warms it up.
        const startMs = performance.now();
        for (let round = 0; round < rounds; round++) results.push(...(await way.round()));
        seconds.push((performance.now() - startMs) / 1_000);
        for (const result of results) checkSame(name, result, expected);
      }
    }
    console.log(`All ways found the same; images in each class: ${histogram(expected)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return RUNNERS.map(({ name, seconds }) => ({ name, seconds }));
}

function checkSame(name: string, result: Float32Array, expected: Float32Array): void {
  if (result.length !== expected.length) {
    throw new Error(`Cannot trust ${name}: ${result.length} of ${expected.length} probabilities`);
  }
  const index = result.findIndex((value, at) => !Object.is(value, expected[at]));
  if (index < 0) return;
  const text = `probability ${index} is ${result[index]}, not ${expected[index]}`;
  throw new Error(`Cannot trust ${name}: ${text}`);
}

/** How many images are most probably of each class. */
function histogram(probabilities: Float32Array): string {
  const counts = new Array<number>(CLASSES).fill(0);
  for (let start = 0; start < probabilities.length; start += CLASSES) {
    const own = probabilities.subarray(start, start + CLASSES);
    counts[own.indexOf(Math.max(...own))]!++;
  }
  return counts.join(" ");
}

runExample([10_000, 10, 3], main);
