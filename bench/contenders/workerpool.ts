import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { WORKERS } from "./pool.ts";
import type { JobName, Pool } from "./pool.ts";

export function open(job: JobName, workerType: "thread" | "process"): Pool {
  const script = fileURLToPath(new URL("./workerpool-worker.js", import.meta.url));
  const pool = workerpool.pool(script, { workerType, minWorkers: WORKERS, maxWorkers: WORKERS });
  return {
    run: (input) => pool.exec(job, [input]) as PromiseLike<number>,
    close: async () => void (await pool.terminate()),
  };
}
