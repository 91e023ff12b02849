import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GROUP_FILES,
  parseGroup,
  parseKills,
  parseMachine,
  parseOwnBytes,
  parseProcess,
} from "./memory-files.ts";

const [V2, V1] = GROUP_FILES;

test("the machine: what the kernel could not give", () => {
  const meminfo = "MemTotal:       1000 kB\nMemFree:   100 kB\nMemAvailable:    400 kB\n";
  assert.deepEqual(parseMachine(meminfo), { usedBytes: 600 * 1024, limitBytes: 1000 * 1024 });
  assert.equal(parseMachine("MemTotal: 1000 kB\n"), undefined);
  assert.equal(parseMachine(""), undefined);
});

test("a group of version 2: cached files do not count, active or not; shared memory does", () => {
  const stat = "anon 600\nfile 350\nshmem 50\ninactive_file 100\nactive_file 200\n";
  assert.deepEqual(parseGroup({ limit: "2000\n", usage: "950\n", stat }, V2.fields), {
    usedBytes: 650,
    limitBytes: 2000,
  });
});

test("a group of version 1: files of the groups within it do not count either", () => {
  const stat = "inactive_file 1\nactive_file 2\ntotal_inactive_file 100\ntotal_active_file 200\n";
  assert.deepEqual(parseGroup({ limit: "2000\n", usage: "950\n", stat }, V1.fields), {
    usedBytes: 650,
    limitBytes: 2000,
  });
});

test("without a limit, or without its files, a group limits nothing", () => {
  for (const limit of ["max\n", "-1\n", "", undefined]) {
    assert.equal(parseGroup({ limit, usage: "950\n", stat: "" }, V2.fields), undefined);
  }
  assert.equal(parseGroup({ limit: "2000", usage: undefined, stat: "" }, V2.fields), undefined);
});

test("usage and cache are read at different moments: it is never less than nothing", () => {
  const stat = "inactive_file 100\nactive_file 200\n";
  const group = parseGroup({ limit: "2000", usage: "250", stat }, V2.fields);
  assert.equal(group!.usedBytes, 0);
  const unknown = parseGroup({ limit: "2000", usage: "250", stat: undefined }, V2.fields);
  assert.equal(unknown!.usedBytes, 250);
});

test("processes that the kernel has ended, in both versions and for the machine", () => {
  assert.equal(parseKills("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"), 2);
  assert.equal(parseKills("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), 1);
  assert.equal(parseKills("oom_kill_disable 0\nunder_oom 0\n"), undefined);
});

test("a process: what it has, whether it is stopped or over, whatever its name is", () => {
  const rest = "6311 6309 2524 0 -1 4194304 2183 0 0 0 6 1 0 0 20 0 7 0 67678 745713664 10053 184";
  for (const name of ["node", "mobula worker", "a) T (b", ")"]) {
    for (const state of ["S", "R", "T", "t", "Z", "X"]) {
      assert.deepEqual(parseProcess(`6318 (${name}) ${state} ${rest}`), {
        residentBytes: 10053 * 4096,
        isStopped: state === "T",
        hasEnded: state === "Z" || state === "X",
      });
    }
  }
});

test("a process's own memory is what it shares with nobody", () => {
  assert.equal(parseOwnBytes("182059 10081 8501 6802 0 12184 0\n"), (10081 - 8501) * 4096);
});
