import assert from "node:assert/strict";
import { test } from "node:test";
import { KERNEL_KILL_RECENT_MS } from "../base/limits.ts";
import { KernelKills } from "./kernel-kills.ts";

test("what was ended before anybody looked is nobody's", () => {
  const kills = new KernelKills();
  assert.equal(kills.isLikely(0), false);
  kills.counted(5, 0);
  assert.equal(kills.isLikely(0), false);
});

test("a worker that is killed when the count has just risen was ended by the kernel", () => {
  const kills = new KernelKills();
  kills.counted(5, 0);
  kills.counted(5, 100);
  assert.equal(kills.isLikely(100), false);
  kills.counted(6, 200);
  assert.equal(kills.isLikely(200), true);
  // Several may end at the same time, and the count is read once for all of them.
  kills.counted(6, 210);
  assert.equal(kills.isLikely(210), true);
  assert.equal(kills.isLikely(200 + KERNEL_KILL_RECENT_MS + 1), false);
});

test("a kernel that does not count says nothing", () => {
  const kills = new KernelKills();
  kills.counted(undefined, 0);
  kills.counted(3, 10);
  kills.counted(undefined, 20);
  assert.equal(kills.isLikely(20), false);
});
