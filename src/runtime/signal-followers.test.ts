import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { follow } from "./signal-followers.ts";

test("one listener for all followers, and none when the last one has left", () => {
  const { signal } = new AbortController();
  const told: number[] = [];
  const leave = Array.from({ length: 10_000 }, (_, n) => follow(signal, () => told.push(n)));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  for (const one of leave.slice(1)) one();
  assert.equal(getEventListeners(signal, "abort").length, 1);
  leave[0]!();
  leave[0]!();
  assert.equal(getEventListeners(signal, "abort").length, 0);
  const again = follow(signal, () => told.push(-1));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  again();
  assert.deepEqual(told, []);
});

test("who follows is told once, with the reason; who has left is not", () => {
  const controller = new AbortController();
  const told: unknown[] = [];
  follow(controller.signal, (reason) => told.push(["first", reason]));
  follow(controller.signal, (reason) => told.push(["second", reason]));
  follow(controller.signal, (reason) => told.push(["third", reason]))();
  controller.abort("enough");
  controller.abort("again");
  assert.deepEqual(told, [
    ["first", "enough"],
    ["second", "enough"],
  ]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});
