/** Workers with variables or a memory limit of their own. */

import { createHash } from "node:crypto";
import type { Runtime } from "../runtime/runtime.ts";
import { heapOptions } from "./heap-options.ts";

/** What `env` and `memoryBytes` of tasks and actors ask for. */
interface EnvironmentOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly memoryBytes?: number;
}

/** The key of the environment, which the daemon knows from now on. "": that of the program. */
export function defineEnvironment(
  { env, memoryBytes }: EnvironmentOptions,
  runtime: Runtime,
): string {
  if (env === undefined && memoryBytes === undefined) return "";
  const variables: Record<string, string> = { ...env };
  if (memoryBytes !== undefined) {
    const inherited = variables["NODE_OPTIONS"] ?? runtime.nodeOptions;
    const limit = heapOptions(memoryBytes);
    variables["NODE_OPTIONS"] = inherited === undefined ? limit : `${inherited} ${limit}`;
  }
  const sorted = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  const environment = createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
  runtime.daemon.defineEnvironment(environment, variables);
  return environment;
}
