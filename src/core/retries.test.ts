import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RETRY_DELAY_MS_MAX } from "../base/limits.ts";
import { backOffMs } from "./retries.ts";

test("the delay doubles with each failure, up to a limit", () => {
  assert.equal(backOffMs(1, 1, 25), 25);
  assert.equal(backOffMs(2, 1, 25), 50);
  assert.equal(backOffMs(3, 0, 25), 50);
  assert.equal(backOffMs(10_000, 1, 25), RETRY_DELAY_MS_MAX);
});

test("jitter takes up to half of it away", () => {
  const failures = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(failures, fc.double({ min: 0, max: 1, noNaN: true }), (count, random) => {
      const delayMs = backOffMs(count, random, 25);
      const longestMs = backOffMs(count, 1, 25);
      assert(delayMs >= longestMs / 2 && delayMs <= longestMs);
    }),
  );
});
