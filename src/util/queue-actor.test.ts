import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { QueueActor } from "./queue-actor.ts";

const never = new AbortController().signal;

function newQueue(maxSize = Infinity, signal = never): QueueActor<string> {
  return new QueueActor<string>(maxSize, () => signal);
}
const done = (...items: string[]): object => ({ state: "done", items });

test("a getter waits, and gets what is put", async () => {
  const queue = newQueue();
  const got = queue.get("a", 1, null);
  assert.deepEqual(await queue.put("b", ["x"], null), done());
  assert.deepEqual(await got, done("x"));
  assert.deepEqual(queue.state(), { size: 0, maxSize: Infinity });
});

test("without time nobody waits", async () => {
  const queue = newQueue(1);
  assert.deepEqual(await queue.get("a", 1, 0), { state: "none", size: 0, maxSize: 1 });
  assert.deepEqual(await queue.put("b", ["x"], 0), done());
  assert.deepEqual(await queue.put("c", ["y"], 0), { state: "none", size: 1, maxSize: 1 });
  assert.deepEqual(await queue.get("d", 1, 0), done("x"));
});

test("whose time is up leaves the line, and takes no item", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const queue = newQueue();
    const late = queue.get("late", 1, 50);
    const patient = queue.get("patient", 1, 80);
    mock.timers.tick(50);
    assert.deepEqual(await late, { state: "none", size: 0, maxSize: Infinity });
    await queue.put("b", ["x"], null);
    assert.deepEqual(await patient, done("x"));
    await queue.put("b", ["y"], null);
    mock.timers.tick(1_000);
    assert.equal(queue.state().size, 1);
  } finally {
    mock.timers.reset();
  }
});

test("who withdraws takes no item, and gives back what came too late", async () => {
  const queue = newQueue();
  const early = queue.get("early", 1, null);
  queue.withdraw("early");
  assert.deepEqual(await early, { state: "none", size: 0, maxSize: Infinity });
  const late = queue.get("late", 1, null);
  await queue.put("b", ["x", "y"], null);
  queue.withdraw("late");
  assert.deepEqual(await late, done("x"));
  queue.putBack(["x"]);
  assert.deepEqual(await queue.get("c", 2, null), done("x", "y"));
});

test("a call that ends with its caller's process takes no item", async () => {
  const controller = new AbortController();
  const queue = newQueue(Infinity, controller.signal);
  const dead = queue.get("dead", 1, null);
  controller.abort();
  assert.deepEqual(await dead, { state: "none", size: 0, maxSize: Infinity });
  await queue.put("b", ["x"], null);
  assert.equal(queue.state().size, 1);
});
