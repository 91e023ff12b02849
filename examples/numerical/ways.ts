/** The ways to convolve one image with several filters, on one core or on all of them. */
import { Piscina } from "piscina";
import { init, put, remote } from "mobula";
import { convolve } from "./convolve.ts";
import type { Job } from "./piscina-worker.ts";

export interface Way {
  /** Brings the image to whoever needs it, convolves it with each filter, has the results. */
  pass(image: Float64Array, filters: readonly Float64Array[]): Promise<Float64Array[]>;
  close(): Promise<void>;
}

export function onOneCore(): Way {
  return {
    pass: async (image, filters) => filters.map((filter) => convolve(image, filter)),
    close: () => Promise.resolve(),
  };
}

/** The image is stored once a pass; tasks get a ref to it, and read it where it lies. */
export async function withMobula(numCpus: number): Promise<Way> {
  const runtime = await init({ numCpus });
  const convolveRemotely = remote(convolve);
  return {
    async pass(image, filters) {
      using stored = put(image);
      return await Promise.all(filters.map((filter) => convolveRemotely(stored, filter)));
    },
    close: () => runtime.shutdown(),
  };
}

export const POOL_WAYS = ["clone", "transfer", "shared"] as const;
export type PoolWay = (typeof POOL_WAYS)[number];

/**
 * A pool of threads (Piscina), which gets an image in one of three ways: each task a copy; each
 * task a copy whose memory moves; all tasks one array in a SharedArrayBuffer, made beforehand.
 */
export function withPiscina(how: PoolWay, workerFile: URL, threads: number): Way {
  const pool = new Piscina<Job, Float64Array>({
    filename: workerFile.href,
    minThreads: threads,
    maxThreads: threads,
  });
  let shared: Float64Array = new Float64Array();
  return {
    async pass(image, filters) {
      if (how === "shared") {
        if (shared.length !== image.length) shared = sharedArray(image.length);
        shared.set(image);
      }
      const calls = filters.map((filter) => {
        if (how === "clone") return pool.run({ image, filter, isMoved: false });
        if (how === "shared") return pool.run({ image: shared, filter, isMoved: true });
        const copy = image.slice();
        return pool.run({ image: copy, filter, isMoved: true }, { transferList: [copy.buffer] });
      });
      return await Promise.all(calls);
    },
    close: () => pool.destroy(),
  };
}

function sharedArray(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}
