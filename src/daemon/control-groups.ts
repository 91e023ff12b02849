/** Where the kernel tells of the control groups that a process is in, in versions 2 and 1. */

/**
 * Directories of the process's group for a controller and of all groups above it, the innermost
 * first. In a container only those are there that belong to it: not every directory exists.
 *
 * @param membership the text of /proc/<pid>/cgroup
 * @param mounts the text of /proc/<pid>/mountinfo
 */
export function groupDirectories(controller: string, membership: string, mounts: string): string[] {
  const directories: string[] = [];
  for (const line of membership.split("\n")) {
    const [, controllers, ...rest] = line.split(":");
    const isV2 = controllers === "";
    if (!isV2 && !controllers?.split(",").includes(controller)) continue;
    const mount = findMount(mounts, isV2 ? undefined : controller);
    if (mount === undefined) continue;
    const steps = stepsBelow(rest.join(":"), mount.root);
    for (let depth = steps.length; depth >= 0; depth--) {
      directories.push([mount.point, ...steps.slice(0, depth)].join("/"));
    }
  }
  return directories;
}

interface Mount {
  /** The group that is seen at the mount point. */
  readonly root: string;
  readonly point: string;
}

/** `controller`: of version 1. */
function findMount(mounts: string, controller: string | undefined): Mount | undefined {
  for (const line of mounts.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [type, , options = ""] = after.split(" ");
    const isIt =
      controller === undefined
        ? type === "cgroup2"
        : type === "cgroup" && options.split(",").includes(controller);
    const [, , , root, point] = before.split(" ");
    if (isIt && root !== undefined && point !== undefined) return { root, point };
  }
  return undefined;
}

/** A group outside of what is mounted, "/..", has no directory here but that of the mount. */
function stepsBelow(group: string, root: string): string[] {
  const steps = stepsOf(group);
  const rootSteps = stepsOf(root);
  if (steps.includes("..")) return [];
  const isBelow = rootSteps.every((step, index) => steps[index] === step);
  return isBelow ? steps.slice(rootSteps.length) : steps;
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "");
}
