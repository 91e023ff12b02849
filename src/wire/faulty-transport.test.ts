import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Faults } from "../base/faults.ts";
import type { FaultChances } from "../base/fault-settings.ts";
import { FAULT_DELAY_MS_MAX } from "../base/limits.ts";
import { FaultyTransport } from "./faulty-transport.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** The end of a stream whose other end is the test. */
class Inner implements Transport {
  events!: TransportEvents;
  isClosed = false;
  readonly written: string[] = [];

  start(events: TransportEvents): void {
    this.events = events;
  }
  write(bytes: Buffer): boolean {
    this.written.push(bytes.toString());
    return true;
  }
  close(): void {
    this.isClosed = true;
    this.events.closed(undefined);
  }
  endWriting(): void {
    // Not asked for here.
  }

  setReferenced(): void {
    // Nothing to hold open.
  }
}

class Stream {
  readonly inner = new Inner();
  readonly jobs: (() => void)[] = [];
  seen = "";
  ends = 0;

  constructor(chances: FaultChances, seed: number, canCut = true) {
    const faults = new Faults({ chances, seed }, 1, () => undefined);
    const later = (job: () => void, delayMs: number): void => {
      assert(delayMs >= 0 && delayMs < FAULT_DELAY_MS_MAX);
      this.jobs.push(job);
    };
    new FaultyTransport(this.inner, { faults, later, canCut }).start({
      data: (chunk) => (this.seen += chunk.toString()),
      closed: () => this.ends++,
    });
  }

  runJobs(): void {
    for (const job of this.jobs.splice(0)) job();
  }
}

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const chunks = fc.array(fc.string({ minLength: 1, unit: "binary-ascii" }), { maxLength: 20 });

test("what is late comes in order, and the end after it", () => {
  fc.assert(
    fc.property(seeds, chunks, fc.array(fc.boolean()), (seed, sent, pauses) => {
      const stream = new Stream({ "message-delay": 0.4 }, seed);
      sent.forEach((chunk, index) => {
        stream.inner.events.data(Buffer.from(chunk));
        assert(sent.join("").startsWith(stream.seen));
        if (pauses[index] === true) stream.runJobs();
      });
      stream.inner.events.closed(undefined);
      if (stream.jobs.length > 0) assert.equal(stream.ends, 0);
      stream.runJobs();
      assert.deepEqual([stream.seen, stream.ends], [sent.join(""), 1]);
    }),
  );
});

test("a cut link gives a beginning of what was sent, then its end, once", () => {
  fc.assert(
    fc.property(seeds, chunks, (seed, sent) => {
      const stream = new Stream({ "message-delay": 0.4, "link-cut": 0.3 }, seed);
      for (const chunk of sent)
        if (!stream.inner.isClosed) stream.inner.events.data(Buffer.from(chunk));
      stream.runJobs();
      assert(sent.join("").startsWith(stream.seen));
      assert.equal(stream.ends, stream.inner.isClosed ? 1 : 0);
      if (!stream.inner.isClosed) assert.equal(stream.seen, sent.join(""));
    }),
  );
});

test("a link that may not be cut is not", () => {
  const stream = new Stream({ "link-cut": 1 }, 7, false);
  stream.inner.events.data(Buffer.from("all"));
  assert.deepEqual([stream.seen, stream.inner.isClosed], ["all", false]);
});

test("what comes while held messages are looked at stays behind them", () => {
  const inner = new Inner();
  const faults = new Faults({ chances: { "message-delay": 1 }, seed: 7 }, 1, () => undefined);
  const jobs: (() => void)[] = [];
  let seen = "";
  const later = (job: () => void): void => void jobs.push(job);
  new FaultyTransport(inner, { faults, later, canCut: false }).start({
    data: (chunk) => {
      seen += chunk.toString();
      if (seen === "a") inner.events.data(Buffer.from("c"));
    },
    closed: () => undefined,
  });
  inner.events.data(Buffer.from("a"));
  inner.events.data(Buffer.from("b"));
  jobs[0]!();
  assert.deepEqual([seen, jobs.length], ["abc", 1]);
});
