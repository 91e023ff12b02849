import { init, remote } from "mobula";
import { Echo } from "../jobs/echo-actor.ts";
import { WORKERS } from "./pool.ts";
import type { Pool } from "./pool.ts";

export async function open(): Promise<Pool> {
  const runtime = await init({ numCpus: WORKERS });
  const actor = new (remote(Echo))();
  return { run: (input) => actor.echo(input), close: () => runtime.shutdown() };
}
