import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock, Timer } from "./clock.ts";
import { Deadline } from "./deadline.ts";

/** One timer, and turns of an event loop. */
class Loop {
  isReferenced = true;
  #timer: (() => void) | undefined;
  #turn: (() => void)[] = [];
  readonly clock: Clock = {
    nowMs: () => 0,
    setTimeout: (job, delayMs) => {
      assert.equal(delayMs, 30);
      this.#timer = job;
      const timer: Timer = {
        unref: () => {
          this.isReferenced = false;
          return timer;
        },
        refresh: () => timer,
      };
      return timer;
    },
    clearTimeout: () => (this.#timer = undefined),
    setImmediate: (job) => void this.#turn.push(job),
  };

  passTime(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  turn(): void {
    for (const job of this.#turn.splice(0)) job();
  }
}

test("it is missed when its time is up and what has come meanwhile was read", () => {
  const loop = new Loop();
  let missed = 0;
  const deadline = new Deadline(loop.clock, 30, () => missed++);
  assert(loop.isReferenced);
  assert.equal(deadline.unref(), deadline);
  assert(!loop.isReferenced);
  loop.passTime();
  loop.turn();
  assert.equal(missed, 0);
  loop.turn();
  loop.turn();
  assert.equal(missed, 1);
});

test("it can be called off before its time, after it, and while that is read", () => {
  for (const calledOffAfter of [0, 1, 2]) {
    const loop = new Loop();
    const deadline = new Deadline(loop.clock, 30, () => assert.fail("it was called off"));
    const steps = [() => loop.passTime(), () => loop.turn(), () => loop.turn()];
    steps.splice(calledOffAfter, 0, () => deadline.callOff());
    for (const step of steps) step();
  }
});
