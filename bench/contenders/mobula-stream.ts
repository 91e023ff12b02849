import { init, remote } from "mobula";
import { WORKERS } from "./pool.ts";
import { countTo } from "./stream.ts";
import type { NumberStream } from "./stream.ts";

export async function open(): Promise<NumberStream> {
  const runtime = await init({ numCpus: WORKERS });
  return { numbers: remote(countTo), close: () => runtime.shutdown() };
}
