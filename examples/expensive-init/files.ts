/** The files that are loaded: a network and images, shaped like those of MNIST, from a seed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { seededBytes } from "../support/random.ts";
import { encodeModel } from "./onnx-file.ts";

export const INPUT = "images";
export const OUTPUT = "probabilities";
export const PIXELS = 28 * 28;
export const CLASSES = 10;

const SIDE = 28;
const HIDDEN = 512;
const MODEL_FILE = "model.onnx";
/** The name and the format of MNIST's own: a header, then a byte for each pixel, compressed. */
const IMAGES_FILE = "t10k-images-idx3-ubyte.gz";
const IMAGES_MAGIC = 0x803;
const HEADER_BYTES = 16;
const STROKE_STEPS = 120;

export function writeFiles(folder: string, images: number): void {
  writeFileSync(modelFile(folder), model());
  const header = Buffer.alloc(HEADER_BYTES);
  [IMAGES_MAGIC, images, SIDE, SIDE].forEach((n, index) => header.writeUInt32BE(n, index * 4));
  const pixels = Array.from({ length: images }, (_, index) => drawStroke(1_000 + index));
  writeFileSync(join(folder, IMAGES_FILE), gzipSync(Buffer.concat([header, ...pixels])));
}

export function modelFile(folder: string): string {
  return join(folder, MODEL_FILE);
}

/** All pixels of all images, from 0 to 1. */
export function readImages(folder: string): Float32Array {
  const pixels = gunzipSync(readFileSync(join(folder, IMAGES_FILE))).subarray(HEADER_BYTES);
  const images = new Float32Array(pixels.length);
  for (let index = 0; index < pixels.length; index++) images[index] = pixels[index]! / 255;
  return images;
}

/** Two dense layers. Between them is a dropout while training, and nothing otherwise. */
function model(): Buffer {
  return encodeModel({
    name: "mnist",
    input: { name: INPUT, columns: PIXELS },
    output: { name: OUTPUT, columns: CLASSES },
    weights: [
      { name: "weights1", shape: [PIXELS, HIDDEN], values: seededWeights(1, PIXELS, HIDDEN) },
      { name: "bias1", shape: [HIDDEN], values: new Float32Array(HIDDEN) },
      { name: "weights2", shape: [HIDDEN, CLASSES], values: seededWeights(2, HIDDEN, CLASSES) },
      { name: "bias2", shape: [CLASSES], values: new Float32Array(CLASSES) },
    ],
    operations: [
      { type: "Gemm", inputs: [INPUT, "weights1", "bias1"], output: "sums1" },
      { type: "Relu", inputs: ["sums1"], output: "hidden" },
      { type: "Gemm", inputs: ["hidden", "weights2", "bias2"], output: "sums2" },
      { type: "Softmax", inputs: ["sums2"], output: OUTPUT },
    ],
  });
}

/** Even within the limits of Glorot, as Keras begins. */
function seededWeights(seed: number, inputs: number, outputs: number): Float32Array {
  const limit = Math.sqrt(6 / (inputs + outputs));
  const bytes = seededBytes(seed, inputs * outputs * 2);
  return Float32Array.from({ length: inputs * outputs }, (_, index) => {
    return (bytes.readUInt16LE(index * 2) / 0x7fff - 1) * limit;
  });
}

/** A wandering line on black: compresses about as well as a digit. */
function drawStroke(seed: number): Buffer {
  const image = Buffer.alloc(PIXELS);
  const steps = seededBytes(seed, STROKE_STEPS * 2);
  let [x, y] = [SIDE / 2, SIDE / 2];
  for (let step = 0; step < steps.length; step += 2) {
    const direction = steps[step]!;
    x = Math.min(Math.max(x + (direction % 3) - 1, 0), SIDE - 1);
    y = Math.min(Math.max(y + (Math.floor(direction / 3) % 3) - 1, 0), SIDE - 1);
    image[y * SIDE + x] = Math.max(image[y * SIDE + x]!, steps[step + 1]!);
  }
  return image;
}
