import assert from "node:assert/strict";
import { test } from "node:test";
import { availableCores, availableMemoryBytes, cgroupDirectories } from "./cores.ts";

test("cores and memory are those of some machine", () => {
  assert.ok(Number.isInteger(availableCores()) && availableCores() >= 1);
  assert.ok(availableMemoryBytes() > 2 ** 24);
});

test("limits are looked for in this process's groups and all above them", () => {
  assert.deepEqual(cgroupDirectories("0::/user.slice/app.scope\n"), [
    "/sys/fs/cgroup/user.slice/app.scope",
    "/sys/fs/cgroup/user.slice",
    "/sys/fs/cgroup",
  ]);
});

test("of version 1 only the controller of the CPU counts", () => {
  const membership = "5:memory:/a\n4:cpu,cpuacct:/docker/b\n3:cpuset:/c\n";
  assert.deepEqual(cgroupDirectories(membership), [
    "/sys/fs/cgroup/cpu/docker/b",
    "/sys/fs/cgroup/cpu/docker",
    "/sys/fs/cgroup/cpu",
  ]);
  assert.deepEqual(cgroupDirectories(""), []);
});
