import assert from "node:assert/strict";
import { test } from "node:test";
import { availableCores, availableMemoryBytes } from "./cores.ts";

test("cores and memory are those of some machine", () => {
  assert.ok(Number.isInteger(availableCores()) && availableCores() >= 1);
  assert.ok(availableMemoryBytes() > 2 ** 24);
});
