/** What the machine offers to this process: cores by affinity and by the container's quota. */

import fs from "node:fs";
import os from "node:os";

/** Cores that may be used at the same time: at least 1, whole. */
export function availableCores(): number {
  const quota = cgroupQuota();
  const byAffinity = os.availableParallelism();
  if (quota === undefined) return byAffinity;
  return Math.max(1, Math.min(byAffinity, Math.floor(quota)));
}

/** Memory that may be used, in bytes. */
export function availableMemoryBytes(): number {
  const limitBytes = process.constrainedMemory();
  // Without a limit Node returns 0, undefined or a number beyond any machine.
  return limitBytes > 0 && limitBytes < os.totalmem() ? limitBytes : os.totalmem();
}

/** Cores of the container's CPU quota; undefined: no limit. The innermost limits are the least. */
function cgroupQuota(): number | undefined {
  let least: number | undefined;
  for (const directory of cgroupDirectories()) {
    const quota = quotaOf(directory);
    if (quota !== undefined && (least === undefined || quota < least)) least = quota;
  }
  return least;
}

/** Directories of this process's groups and their parents, in cgroup v2 and v1. */
export function cgroupDirectories(membership = read("/proc/self/cgroup")): string[] {
  const directories: string[] = [];
  for (const line of (membership ?? "").split("\n")) {
    const [, controllers, ...rest] = line.split(":");
    const isV2 = controllers === "";
    if (!isV2 && !controllers?.split(",").includes("cpu")) continue;
    const root = isV2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    const steps = rest
      .join(":")
      .split("/")
      .filter((step) => step !== "");
    for (let depth = steps.length; depth >= 0; depth--) {
      directories.push([root, ...steps.slice(0, depth)].join("/"));
    }
  }
  return directories;
}

function quotaOf(directory: string): number | undefined {
  const v2 = read(`${directory}/cpu.max`)?.trim().split(" ");
  const quotaUs = v2?.[0] ?? read(`${directory}/cpu.cfs_quota_us`);
  const periodUs = v2?.[1] ?? read(`${directory}/cpu.cfs_period_us`);
  const cores = Number(quotaUs) / Number(periodUs);
  // "max" in v2 and -1 in v1 mean no limit.
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    // Not this version of cgroups, or no such controller: there is no limit to be read here.
    return undefined;
  }
}
