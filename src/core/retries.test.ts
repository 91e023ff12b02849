import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RETRY_DELAY_MS, RETRY_DELAY_MS_MAX } from "../base/limits.ts";
import { retryDelayMs } from "./retries.ts";

test("the delay doubles with each failure, up to a limit", () => {
  assert.equal(retryDelayMs(1, 1), RETRY_DELAY_MS);
  assert.equal(retryDelayMs(2, 1), 2 * RETRY_DELAY_MS);
  assert.equal(retryDelayMs(3, 0), 2 * RETRY_DELAY_MS);
  assert.equal(retryDelayMs(10_000, 1), RETRY_DELAY_MS_MAX);
});

test("jitter takes up to half of it away", () => {
  const failures = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(failures, fc.double({ min: 0, max: 1, noNaN: true }), (count, random) => {
      const delayMs = retryDelayMs(count, random);
      const longestMs = retryDelayMs(count, 1);
      assert(delayMs >= longestMs / 2 && delayMs <= longestMs);
    }),
  );
});
