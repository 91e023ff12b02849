import { Piscina } from "piscina";
import { WORKERS } from "./pool.ts";
import type { JobName, Pool } from "./pool.ts";

export function open(job: JobName, concurrentTasksPerWorker: number): Pool {
  const pool = new Piscina<number, number>({
    filename: new URL(`../jobs/${job}.js`, import.meta.url).href,
    minThreads: WORKERS,
    maxThreads: WORKERS,
    concurrentTasksPerWorker,
  });
  return { run: (input) => pool.run(input), close: () => pool.destroy() };
}
