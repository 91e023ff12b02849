import Tinypool from "tinypool";
import { WORKERS } from "./pool.ts";
import type { JobName, Pool } from "./pool.ts";

export function open(job: JobName, runtime: "worker_threads" | "child_process"): Pool {
  const pool = new Tinypool({
    filename: new URL(`../jobs/${job}.js`, import.meta.url).href,
    runtime,
    minThreads: WORKERS,
    maxThreads: WORKERS,
  });
  return { run: (input) => pool.run(input) as Promise<number>, close: () => pool.destroy() };
}
