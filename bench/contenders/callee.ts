/** Who answers a caller: an actor of Mobula; of those that have none, a task. */
import type { NodeName } from "../harness/types.ts";
import { openPool } from "./pool.ts";
import type { Pool } from "./pool.ts";

export async function openCallee(contender: NodeName): Promise<Pool> {
  if (contender === "mobula") return (await import("./mobula-actor.ts")).open();
  return openPool(contender === "mobula tasks" ? "mobula" : contender, "echo");
}
