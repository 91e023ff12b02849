/** Every Node contender as the same small pool: 2 workers, one integer in, one number out. */
import type { NodeName } from "../harness/types.ts";

export type JobName = "echo" | "burn";

export const WORKERS = 2;

export interface Pool {
  run(input: number): PromiseLike<number>;
  close(): Promise<void>;
}

/** Loads only the library it opens, so that no contender carries another one's memory. */
export async function openPool(contender: NodeName, job: JobName): Promise<Pool> {
  switch (contender) {
    case "mobula":
      return (await import("./mobula.ts")).open(job);
    case "piscina":
      return (await import("./piscina.ts")).open(job, 1);
    case "piscina x10":
      return (await import("./piscina.ts")).open(job, 10);
    case "tinypool threads":
      return (await import("./tinypool.ts")).open(job, "worker_threads");
    case "tinypool processes":
      return (await import("./tinypool.ts")).open(job, "child_process");
    case "workerpool threads":
      return (await import("./workerpool.ts")).open(job, "thread");
    case "workerpool processes":
      return (await import("./workerpool.ts")).open(job, "process");
    case "poolifier threads":
      return (await import("./poolifier.ts")).open(job);
    default:
      throw new Error(`Cannot open ${contender}: it runs no tasks; leave it out of the case`);
  }
}
