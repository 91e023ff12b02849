import assert from "node:assert/strict";
import { test } from "node:test";
import * as limits from "./limits.ts";

test("limits are whole and positive, or shares; units are in their names", () => {
  const units = /_(BYTES|MS|US|MAX|MIN|LINES|DEPTH|USAGE|VERSION)(_M(AX|IN))?$/;
  for (const [name, value] of Object.entries(limits)) {
    const isShare = name.endsWith("_USAGE_MAX");
    assert.ok(isShare ? value < 1 : Number.isSafeInteger(value), `${name} is ${value}`);
    assert.ok(value > 0, `${name} is ${value}`);
    assert.match(name, units);
  }
});

test("relations that parts of the runtime rely on", () => {
  assert.ok(limits.FRAME_BYTES_MAX < 2 ** 32, "lengths have 32 bits");
  assert.ok(limits.FRAME_BUFFERS_MAX < 2 ** 16, "their number has 16 bits");
  assert.ok(limits.FRAME_BODY_BYTES_MAX <= limits.FRAME_BYTES_MAX);
  assert.ok(limits.FRAME_BUFFER_BYTES_MAX <= limits.FRAME_BYTES_MAX);
  assert.ok(limits.HELLO_FRAME_BYTES_MAX <= limits.FRAME_BYTES_MAX);
  assert.ok(limits.SHORT_TASK_US <= limits.PIPELINE_US);
  assert.ok(limits.FLUSH_TOGETHER_US < limits.SHORT_TASK_US);
  assert.ok(limits.PARK_AFTER_MS < limits.LEASE_IDLE_MS, "who waits gives back before who is idle");
  assert.ok(limits.LEASE_IDLE_MS < limits.WORKER_IDLE_MS, "leases end before their workers");
  assert.ok(limits.LEASE_IDLE_MS < limits.WAITING_REPORT_MS, "idle leases are not reported");
});
