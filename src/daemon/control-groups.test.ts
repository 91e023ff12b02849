import assert from "node:assert/strict";
import { test } from "node:test";
import { groupDirectories } from "./control-groups.ts";

const V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1 = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:12 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

test("version 2: the group and all above it", () => {
  assert.deepEqual(groupDirectories("memory", "0::/user.slice/app.scope\n", V2), [
    "/sys/fs/cgroup/user.slice/app.scope",
    "/sys/fs/cgroup/user.slice",
    "/sys/fs/cgroup",
  ]);
});

test("version 1: those of the controller only, where that is mounted", () => {
  const membership = "5:memory:/a/b\n4:cpu,cpuacct:/docker/c\n3:cpuset:/d\n";
  assert.deepEqual(groupDirectories("memory", membership, V1), [
    "/sys/fs/cgroup/memory/a/b",
    "/sys/fs/cgroup/memory/a",
    "/sys/fs/cgroup/memory",
  ]);
  assert.deepEqual(groupDirectories("cpu", membership, V1), [
    "/sys/fs/cgroup/cpu,cpuacct/docker/c",
    "/sys/fs/cgroup/cpu,cpuacct/docker",
    "/sys/fs/cgroup/cpu,cpuacct",
  ]);
});

test("both at once: the controller may be in either", () => {
  assert.deepEqual(groupDirectories("memory", "4:memory:/m\n0::/u\n", V1), [
    "/sys/fs/cgroup/memory/m",
    "/sys/fs/cgroup/memory",
    "/sys/fs/cgroup/unified/u",
    "/sys/fs/cgroup/unified",
  ]);
});

test("a container: its own group is mounted as the outermost", () => {
  const mounts = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
  assert.deepEqual(groupDirectories("memory", "4:memory:/docker/abc\n", mounts), [
    "/sys/fs/cgroup/memory",
  ]);
  assert.deepEqual(groupDirectories("memory", "4:memory:/docker/abc/inner\n", mounts), [
    "/sys/fs/cgroup/memory/inner",
    "/sys/fs/cgroup/memory",
  ]);
});

test("a group outside of the namespace has no directory but the mount's", () => {
  assert.deepEqual(groupDirectories("memory", "0::/../other\n", V2), ["/sys/fs/cgroup"]);
});

test("nothing mounted, nothing said, other systems: no directories", () => {
  assert.deepEqual(groupDirectories("memory", "0::/a\n", ""), []);
  assert.deepEqual(groupDirectories("memory", "", V2), []);
  assert.deepEqual(groupDirectories("memory", "nonsense\n::\n", "more - of - it\n"), []);
});
