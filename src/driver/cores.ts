/** What the machine offers to this process: cores by affinity and by the container's quota. */

import fs from "node:fs";
import os from "node:os";
import { groupDirectories } from "../daemon/control-groups.ts";
import { MemorySampling } from "../daemon/memory-sampling.ts";

/** Cores that may be used at the same time: at least 1, whole. */
export function availableCores(): number {
  const quota = cgroupQuota();
  const byAffinity = os.availableParallelism();
  if (quota === undefined) return byAffinity;
  return Math.max(1, Math.min(byAffinity, Math.floor(quota)));
}

/** Memory that may be used, in bytes: the machine's, or the container's. */
export function availableMemoryBytes(): number {
  const limits = new MemorySampling().places().map(({ limitBytes }) => limitBytes);
  return Math.min(os.totalmem(), ...limits);
}

/** Cores of the container's CPU quota; undefined: no limit. The innermost limits are the least. */
function cgroupQuota(): number | undefined {
  let least: number | undefined;
  const membership = read("/proc/self/cgroup") ?? "";
  const mounts = read("/proc/self/mountinfo") ?? "";
  for (const directory of groupDirectories("cpu", membership, mounts)) {
    const quota = quotaOf(directory);
    if (quota !== undefined && (least === undefined || quota < least)) least = quota;
  }
  return least;
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
