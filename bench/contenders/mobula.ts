import { init, remote } from "mobula";
import burn from "../jobs/burn.ts";
import echo from "../jobs/echo.ts";
import { WORKERS } from "./pool.ts";
import type { JobName, Pool } from "./pool.ts";

export async function open(job: JobName): Promise<Pool> {
  const runtime = await init({ numCpus: WORKERS });
  return { run: remote(job === "echo" ? echo : burn), close: () => runtime.shutdown() };
}
