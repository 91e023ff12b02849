/** A control group with a memory limit, as a container is one. Only root can make one. */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { eventually } from "./within.ts";

/** What version 1 and version 2 have: where groups with memory limits are, and what sets one. */
const versions = [
  { parent: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes" },
  { parent: "/sys/fs/cgroup", limit: "memory.max" },
];

export class MemoryGroup implements AsyncDisposable {
  readonly directory: string;

  constructor(limitBytes: number) {
    const { parent, limit } = findVersion()!;
    this.directory = join(parent, `mobula-test-${randomUUID()}`);
    mkdirSync(this.directory);
    writeFileSync(join(this.directory, limit), String(limitBytes));
  }

  /** Runs a command in the group: for `Program`. */
  get under(): readonly string[] {
    return ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', this.directory];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await eventually(() => {
      const left = readFileSync(join(this.directory, "cgroup.procs"), "utf8").trim();
      return left === "" ? undefined : `processes ${left} are in ${this.directory}`;
    });
    rmdirSync(this.directory);
  }
}

function findVersion(): (typeof versions)[number] | undefined {
  return versions.find(({ parent, limit }) => {
    const directory = join(parent, `mobula-test-${randomUUID()}`);
    try {
      mkdirSync(directory);
    } catch {
      return false; // no such version, or not root
    }
    // In version 2 the group above has to let its groups have limits.
    const isThere = existsSync(join(directory, limit));
    rmdirSync(directory);
    return isThere;
  });
}

/** Options of a test that needs such a group. */
export const needsMemoryGroup: { readonly skip: string | false } = {
  skip: findVersion() === undefined && "memory control groups cannot be made here",
};
