import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySampling } from "./memory-sampling.ts";

const MIB = 2 ** 20;
const MACHINE = "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n";

function sampling(files: Readonly<Record<string, string>>): MemorySampling {
  return new MemorySampling((path) => files[path]);
}

const v1 = {
  "/proc/self/cgroup": "4:memory:/a/b\n",
  "/proc/self/mountinfo": "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n",
  "/proc/meminfo": MACHINE,
  "/cg/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
  "/cg/memory/a/b/memory.usage_in_bytes": `${100 * MIB}\n`,
  "/cg/memory/a/b/memory.stat": `total_inactive_file ${10 * MIB}\ntotal_active_file 0\n`,
  "/cg/memory/a/b/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n",
  "/cg/memory/a/memory.limit_in_bytes": `${512 * MIB}\n`,
  "/cg/memory/a/memory.usage_in_bytes": `${300 * MIB}\n`,
  "/cg/memory/a/memory.stat": `total_inactive_file ${20 * MIB}\ntotal_active_file ${30 * MIB}\n`,
};
const machine = { name: "this machine", usedBytes: 512 * MIB, limitBytes: 1024 * MIB };

test("the machine and every group with a limit of its own", () => {
  assert.deepEqual(sampling(v1).places(), [
    machine,
    { name: "control group /cg/memory/a", usedBytes: 250 * MIB, limitBytes: 512 * MIB },
  ]);
  assert.equal(sampling(v1).kernelKills(), 7);
});

test("the same in version 2", () => {
  const files = {
    "/proc/self/cgroup": "0::/a/b\n",
    "/proc/self/mountinfo": "35 31 0:32 / /cg rw - cgroup2 cgroup2 rw\n",
    "/proc/meminfo": MACHINE,
    "/cg/a/b/memory.max": `${256 * MIB}\n`,
    "/cg/a/b/memory.current": `${200 * MIB}\n`,
    "/cg/a/b/memory.stat": `inactive_file ${10 * MIB}\nactive_file ${5 * MIB}\n`,
    "/cg/a/b/memory.events": "oom 0\noom_kill 3\n",
    "/cg/a/memory.max": "max\n",
    "/cg/a/memory.current": `${900 * MIB}\n`,
  };
  assert.deepEqual(sampling(files).places(), [
    machine,
    { name: "control group /cg/a/b", usedBytes: 185 * MIB, limitBytes: 256 * MIB },
  ]);
  assert.equal(sampling(files).kernelKills(), 3);
});

test("no control groups: the machine; its count of what was ended is in vmstat", () => {
  const files = { "/proc/meminfo": MACHINE, "/proc/vmstat": "nr_free_pages 5\noom_kill 4\n" };
  assert.deepEqual(sampling(files).places(), [machine]);
  assert.equal(sampling(files).kernelKills(), 4);
});

test("another system: nothing is known, and nobody is ended", () => {
  assert.deepEqual(sampling({}).places(), []);
  assert.equal(sampling({}).kernelKills(), undefined);
});

test("this machine", () => {
  for (const { name, usedBytes, limitBytes } of new MemorySampling().places()) {
    assert.ok(usedBytes > 0 && usedBytes <= limitBytes, `${name}: ${usedBytes} of ${limitBytes}`);
  }
});
