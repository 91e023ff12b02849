import assert from "node:assert/strict";
import { test } from "node:test";
import { heapOptions } from "./heap-options.ts";

const MIB = 2 ** 20;

test("old and young objects together have what is given, and never less than Node needs", () => {
  assert.equal(heapOptions(1), "--max-old-space-size=16 --max-semi-space-size=1");
  assert.equal(heapOptions(100 * MIB), "--max-old-space-size=88 --max-semi-space-size=4");
  assert.equal(heapOptions(8_192 * MIB), "--max-old-space-size=8144 --max-semi-space-size=16");
  for (let memoryMib = 20; memoryMib < 10_000; memoryMib = Math.ceil(memoryMib * 1.1)) {
    const [oldMib, semiMib] = heapOptions(memoryMib * MIB + 5)
      .match(/\d+/g)!
      .map(Number);
    assert.equal(oldMib! + 3 * semiMib!, memoryMib);
  }
});
