import assert from "node:assert/strict";
import { test } from "node:test";
import { Poller } from "./poller.ts";
import { systemClock } from "./system.ts";

const POLLING_US = 50;
const TURN_US = 2;

/** A process: messages come at given times, and every turn of its event loop takes some time. */
function simulate(pollingUs = POLLING_US) {
  let nowUs = 1_000_000;
  let next: (() => void) | undefined;
  let looksAtClock = 0;
  const poller = new Poller(pollingUs, {
    ...systemClock,
    nowMs: () => {
      looksAtClock++;
      return nowUs / 1_000;
    },
    setImmediate: (turn) => (next = turn),
  });
  return {
    poller,
    get isTurning() {
      return next !== undefined;
    },
    get looksAtClock() {
      return looksAtClock;
    },
    /** Lets the time pass; returns how many turns were made in it. */
    pass(us: number): number {
      let turns = 0;
      const endUs = nowUs + us;
      while (next !== undefined && nowUs + TURN_US <= endUs) {
        nowUs += TURN_US;
        turns++;
        const turn = next;
        next = undefined;
        turn();
      }
      nowUs = endUs;
      return turns;
    },
  };
}

test("the first message, and one after a long silence, do not start polling", () => {
  const process = simulate();
  process.poller.touch();
  assert.equal(process.isTurning, false);
  process.pass(1_000);
  process.poller.touch();
  assert.equal(process.isTurning, false);
});

test("messages close to each other start it, and it ends the polling time after the last", () => {
  const process = simulate();
  process.poller.touch();
  process.pass(3 * POLLING_US);
  process.poller.touch();
  assert.equal(process.isTurning, true);
  process.pass(POLLING_US - 2 * TURN_US);
  assert.equal(process.isTurning, true);
  process.poller.touch();
  process.pass(POLLING_US - 2 * TURN_US);
  assert.equal(process.isTurning, true, "a message prolongs it");
  process.pass(4 * TURN_US);
  assert.equal(process.isTurning, false);
});

test("two sides that have slept find each other again", () => {
  // A round trip with a wake-up on both sides takes about as long as two polling times.
  const process = simulate();
  for (let message = 0; message < 2; message++) {
    process.poller.touch();
    process.pass(2 * POLLING_US + 10);
  }
  process.poller.touch();
  assert.equal(process.isTurning, true);
});

test("it takes at most the polling time for each message, and none where gaps are long", () => {
  const process = simulate();
  for (const gapUs of [10, 100, 1_000, 10_000, 1_000]) {
    process.poller.touch();
    const turns = process.pass(gapUs);
    assert.ok(turns * TURN_US <= POLLING_US + TURN_US, `${turns} turns in ${gapUs} us`);
  }
  for (let message = 0; message < 100; message++) {
    process.poller.touch();
    assert.equal(process.pass(1_000), 0);
  }
});

test("a burst of messages looks at the clock once in each turn", () => {
  const process = simulate();
  process.poller.touch();
  process.poller.touch();
  const before = process.looksAtClock;
  for (let message = 0; message < 1_000; message++) process.poller.touch();
  process.pass(TURN_US);
  assert.equal(process.looksAtClock, before + 1);
});

test("without polling nothing turns", () => {
  const process = simulate(0);
  for (let message = 0; message < 3; message++) process.poller.touch();
  assert.equal(process.isTurning, false);
});
