/** The work: a network that is costly to load tells what images show. */
import { CLASSES, INPUT, modelFile, OUTPUT, PIXELS, readImages } from "./files.ts";
import { importOnnxRuntime } from "./onnxruntime.ts";
import type { OnnxRuntime, Session } from "./onnxruntime.ts";

/** Images that go through the network at once: as many as Keras' `predict` takes. */
const BATCH = 32;

/** Loads once, classifies as often as it is asked to. */
export class Classifier {
  readonly #folder: string;
  #loaded: Promise<Loaded> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A constructor cannot wait for what it loads. */
  async load(): Promise<void> {
    await (this.#loaded ??= load(this.#folder));
  }

  /** The probabilities of the classes of each image. The same images each time, as it is a test. */
  async classify(): Promise<Float32Array> {
    return await classifyAll(await (this.#loaded ??= load(this.#folder)));
  }

  async release(): Promise<void> {
    await (await this.#loaded)?.session.release();
  }
}

/** The same without anything that lasts. */
export async function loadAndClassify(folder: string): Promise<Float32Array> {
  const classifier = new Classifier(folder);
  const probabilities = await classifier.classify();
  await classifier.release();
  return probabilities;
}

interface Loaded {
  readonly runtime: OnnxRuntime;
  readonly session: Session;
  readonly images: Float32Array;
}

/** On one core: others do the same on the others. */
async function load(folder: string): Promise<Loaded> {
  const runtime = await importOnnxRuntime();
  const session = await runtime.InferenceSession.create(modelFile(folder), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  return { runtime, session, images: readImages(folder) };
}

async function classifyAll({ runtime, session, images }: Loaded): Promise<Float32Array> {
  const count = images.length / PIXELS;
  const probabilities = new Float32Array(count * CLASSES);
  for (let start = 0; start < count; start += BATCH) {
    const end = Math.min(start + BATCH, count);
    const batch = images.subarray(start * PIXELS, end * PIXELS);
    const input = new runtime.Tensor("float32", batch, [end - start, PIXELS]);
    const outputs = await session.run({ [INPUT]: input });
    probabilities.set(outputs[OUTPUT]!.data, start * CLASSES);
  }
  return probabilities;
}
