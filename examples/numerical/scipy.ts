/** Asks SciPy for the same results. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./scipy_convolve.py", import.meta.url));
const OUTPUT_BYTES_MAX = 2 ** 30;

/** All results in one array, or why there are none. */
export function convolveWithScipy(
  image: Float64Array,
  filters: readonly Float64Array[],
): Float64Array | string {
  const python = process.env["MOBULA_BENCH_PYTHON"];
  if (python === undefined) return "MOBULA_BENCH_PYTHON names no Python";
  const side = Math.sqrt(image.length);
  const { stdout, stderr, status, error } = spawnSync(
    python,
    [PROGRAM, `${side}`, `${filters.length}`],
    { input: Buffer.concat([image, ...filters].map(asBytes)), maxBuffer: OUTPUT_BYTES_MAX },
  );
  if (error !== undefined) return error.message;
  if (status !== 0) return stderr.toString().trim();
  return new Float64Array(Uint8Array.from(stdout).buffer);
}

function asBytes({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
