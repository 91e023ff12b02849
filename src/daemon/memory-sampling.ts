/** Reads how much memory is in use, and how many processes the kernel has ended for theirs. */

import fs from "node:fs";
import type { MemoryPlace } from "../core/memory-watch.ts";
import { groupDirectories } from "./control-groups.ts";
import { GROUP_FILES, parseGroup, parseKills, parseMachine } from "./memory-files.ts";

/** Where the watch gets its figures from. */
export interface MemorySource {
  /** All that limits the workers: the machine, the group of their own, and those above it. */
  places(): MemoryPlace[];
  /** Processes that the kernel has ended for their memory; undefined: it does not say. */
  kernelKills(): number | undefined;
}

/** Text of a file; undefined: there is none. */
export type ReadText = (path: string) => string | undefined;

export class MemorySampling implements MemorySource {
  readonly #read: ReadText;
  /** Groups do not change while a daemon runs. */
  readonly #groups: readonly string[];

  constructor(read: ReadText = readText) {
    this.#read = read;
    const membership = read("/proc/self/cgroup") ?? "";
    const mounts = read("/proc/self/mountinfo") ?? "";
    this.#groups = groupDirectories("memory", membership, mounts);
  }

  places(): MemoryPlace[] {
    const machine = parseMachine(this.#read("/proc/meminfo") ?? "");
    // Systems that have no such file end their programs by rules of their own.
    if (machine === undefined) return [];
    const places: MemoryPlace[] = [{ name: "this machine", ...machine }];
    for (const directory of this.#groups) {
      const group = this.#group(directory);
      if (group === undefined || group.limitBytes >= machine.limitBytes) continue;
      places.push({ name: `control group ${directory}`, ...group });
    }
    return places;
  }

  #group(directory: string): { usedBytes: number; limitBytes: number } | undefined {
    for (const { limit, usage, stat, fields } of GROUP_FILES) {
      const limitText = this.#read(`${directory}/${limit}`);
      if (limitText === undefined) continue;
      const texts = {
        limit: limitText,
        usage: this.#read(`${directory}/${usage}`),
        stat: this.#read(`${directory}/${stat}`),
      };
      return parseGroup(texts, fields);
    }
    return undefined;
  }

  kernelKills(): number | undefined {
    for (const { kills } of GROUP_FILES) {
      const text = this.#groups[0] && this.#read(`${this.#groups[0]}/${kills}`);
      const count = text === undefined ? undefined : parseKills(text);
      if (count !== undefined) return count;
    }
    return parseKills(this.#read("/proc/vmstat") ?? "");
  }
}

function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    // Not this version, no such controller, or another system: there is nothing to be read here.
    return undefined;
  }
}
