import { fileURLToPath } from "node:url";
import { FixedThreadPool } from "poolifier";
import { WORKERS } from "./pool.ts";
import type { JobName, Pool } from "./pool.ts";

export function open(job: JobName): Pool {
  const script = fileURLToPath(new URL("./poolifier-worker.js", import.meta.url));
  const pool = new FixedThreadPool<number, number>(WORKERS, script);
  return { run: (input) => pool.execute(input, job), close: () => pool.destroy() };
}
