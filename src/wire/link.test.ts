import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LINK_FLUSH_BYTES } from "../base/limits.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import { FrameParser, MalformedFrameError } from "./frame.ts";
import { Link } from "./link.ts";
import { memoryTransports } from "./memory.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** Jobs that run when the test says so. */
class Jobs {
  readonly #jobs: (() => void)[] = [];
  readonly defer = (job: () => void): void => void this.#jobs.push(job);

  run(): void {
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) job();
  }
}

/** One side: what it has received, and how it ended. */
class Side {
  readonly link: Link;
  readonly received: string[] = [];
  readonly ends: (Error | undefined)[] = [];
  /** What the reader does with each frame beside noting it. */
  react: (text: string) => void = () => undefined;

  constructor(transport: Transport) {
    this.link = new Link(
      transport,
      (kind, bytes, start, end, buffers) => {
        const text = new MsgpackReader(bytes, start, end).string();
        this.received.push(
          [`${kind}:${text}`, ...buffers.map((buffer) => [...buffer].join())].join(" "),
        );
        this.react(text);
      },
      (cause) => this.ends.push(cause),
    );
  }

  send(kind: number, text: string, buffers: readonly Uint8Array[] = []): void {
    this.link.begin(kind, buffers.length).string(text);
    this.link.end(buffers);
  }
}

/** Counts writes on their way to a transport. */
class Counting implements Transport {
  readonly #transport: Transport;
  readonly writes: number[] = [];

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  write(bytes: Buffer): boolean {
    this.writes.push(bytes.length);
    return this.#transport.write(bytes);
  }
  start(events: TransportEvents): void {
    this.#transport.start(events);
  }
  close(): void {
    this.#transport.close();
  }
  endWriting(): void {
    this.#transport.endWriting();
  }
  setReferenced(referenced: boolean): void {
    this.#transport.setReferenced(referenced);
  }
}

function pair(): { a: Side; b: Side; jobs: Jobs; toB: Counting; rawB: Transport } {
  const jobs = new Jobs();
  const [transportA, rawB] = memoryTransports(jobs.defer);
  const toB = new Counting(transportA);
  return { a: new Side(toB), b: new Side(rawB), jobs, toB, rawB };
}

/** Ends the turn: what was sent in it is written. */
async function endOfTurn(): Promise<void> {
  await Promise.resolve();
}

test("what is sent in one turn goes out as one write, in order", async () => {
  const { a, b, jobs, toB } = pair();
  for (let i = 0; i < 100; i++) a.send(i, `frame ${i}`);
  assert.deepEqual(toB.writes, []);
  await endOfTurn();
  assert.equal(toB.writes.length, 1);
  a.send(1, "next turn");
  await endOfTurn();
  assert.equal(toB.writes.length, 2);
  await endOfTurn();
  assert.equal(toB.writes.length, 2, "an empty turn writes nothing");
  jobs.run();
  const frames = Array.from({ length: 100 }, (_, i) => `${i}:frame ${i}`);
  assert.deepEqual(b.received, [...frames, "1:next turn"]);
});

test("much is written before the end of the turn, and each piece once", async () => {
  const { a, b, jobs, toB } = pair();
  const text = "x".repeat(LINK_FLUSH_BYTES / 4);
  for (let i = 0; i < 9; i++) a.send(i, text);
  assert.equal(toB.writes.length, 2, "eight of them are a bit more than twice the limit");
  await endOfTurn();
  assert.equal(toB.writes.length, 3);
  a.send(9, "x".repeat(3 * LINK_FLUSH_BYTES));
  assert.equal(toB.writes.length, 4, "a large frame goes out at once");
  a.link.flush();
  assert.equal(toB.writes.length, 4);
  jobs.run();
  assert.deepEqual(
    b.received.map((line) => line.length),
    [...Array<number>(9).fill(text.length + 2), 3 * LINK_FLUSH_BYTES + 2],
  );
});

test("flush leaves nothing for the end of the turn", async () => {
  const { a, toB } = pair();
  a.send(1, "one");
  a.link.flush();
  assert.equal(toB.writes.length, 1);
  await endOfTurn();
  assert.equal(toB.writes.length, 1);
});

test("a frame that is taken back leaves the others", async () => {
  const { a, b, jobs } = pair();
  a.send(1, "before");
  a.link.begin(2).string("taken back");
  a.link.abandon();
  a.send(3, "after");
  await endOfTurn();
  jobs.run();
  assert.deepEqual(b.received, ["1:before", "3:after"]);
});

test("small buffers may be changed after the call, large ones are not copied", async () => {
  const { a, b, jobs, toB } = pair();
  const small = Uint8Array.of(1, 2, 3);
  const large = new Uint8Array(40_000).fill(7);
  a.send(1, "both", [small, large, small]);
  small.fill(9);
  await endOfTurn();
  assert.deepEqual(toB.writes.slice(1, 2), [large.length], "it is a write of its own");
  jobs.run();
  assert.deepEqual(b.received, [`1:both 1,2,3 ${String(large)} 1,2,3`]);
});

/** Keeps what it is given instead of copying it, as a socket does whose kernel buffer is full. */
class Keeping implements Transport {
  readonly #keeps: (index: number) => boolean;
  readonly #kept: Buffer[] = [];

  constructor(keeps: (index: number) => boolean) {
    this.#keeps = keeps;
  }

  write(bytes: Buffer): boolean {
    const isKept = this.#keeps(this.#kept.length);
    this.#kept.push(isKept ? bytes : Buffer.from(bytes));
    return !isKept;
  }
  start(): void {
    // Nothing comes from the other side.
  }
  close(): void {
    // There is nothing to end.
  }
  endWriting(): void {
    // Not asked for here.
  }

  setReferenced(): void {
    // It holds nothing open.
  }
  arrived(): Buffer {
    return Buffer.concat(this.#kept);
  }
}

test("bytes that a transport keeps are not written over", async () => {
  const sizes = fc.oneof(fc.nat(50), fc.constantFrom(5_000, 40_000, LINK_FLUSH_BYTES, 200_000));
  const frame = fc.record({ text: sizes, buffers: fc.array(sizes, { maxLength: 2 }) });
  const turns = fc.array(fc.array(frame, { maxLength: 5 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(turns, fc.array(fc.boolean(), { minLength: 1 }), async (sent, keeps) => {
      const transport = new Keeping((index) => keeps[index % keeps.length]!);
      const link = new Link(
        transport,
        () => assert.fail("nothing is received"),
        () => assert.fail("it does not end"),
      );
      const expected: string[] = [];
      let mark = 0;
      for (const frames of sent) {
        for (const { text, buffers } of frames) {
          mark = (mark + 1) % 250;
          const letter = String.fromCharCode(97 + (mark % 26));
          const parts = buffers.map((size) => new Uint8Array(size).fill(mark));
          link.begin(mark, parts.length).string(letter.repeat(text));
          link.end(parts);
          expected.push([mark, letter.repeat(text), ...buffers.map((n) => `${n}*${mark}`)].join());
        }
        await endOfTurn();
      }
      const seen: string[] = [];
      const parser = new FrameParser((kind, bytes, start, end, buffers) => {
        const text = new MsgpackReader(bytes, start, end).string();
        const parts = buffers.map((buffer) => {
          assert.ok(buffer.every((byte) => byte === kind));
          return `${buffer.length}*${kind}`;
        });
        seen.push([kind, text, ...parts].join());
      });
      parser.push(transport.arrived());
      assert.deepEqual(seen, expected);
    }),
    { numRuns: 150 },
  );
});

test("close sends what was sent before, then both sides end once, without a cause", () => {
  const { a, b, jobs } = pair();
  a.send(1, "last");
  a.link.close();
  a.link.close();
  a.send(2, "too late");
  a.link.flush();
  jobs.run();
  assert.deepEqual(b.received, ["1:last"]);
  assert.deepEqual([a.ends, b.ends], [[undefined], [undefined]]);
  assert.deepEqual([a.link.isOpen, b.link.isOpen], [false, false]);
  b.send(3, "into nothing");
  b.link.close();
  jobs.run();
  assert.deepEqual([a.received, a.ends, b.ends], [[], [undefined], [undefined]]);
});

test("bytes that are no frames end the link with that cause, and nothing else", () => {
  const { a, b, jobs, rawB } = pair();
  b.send(5, "before");
  b.link.flush();
  rawB.write(Buffer.alloc(16, 0xff));
  rawB.write(Buffer.from("more of it"));
  jobs.run();
  assert.deepEqual(a.received, ["5:before"]);
  assert.equal(a.ends.length, 1);
  assert.ok(a.ends[0] instanceof MalformedFrameError);
  assert.deepEqual(b.ends, [undefined]);
});

test("what comes after the end is not read", () => {
  let events: TransportEvents | undefined;
  const transport: Transport = {
    write: () => true,
    start: (handlers) => (events = handlers),
    close: () => undefined,
    endWriting: () => undefined,
    setReferenced: () => undefined,
  };
  const side = new Side(transport);
  const source = new Keeping(() => false);
  const sender = new Side(source);
  sender.send(1, "too late");
  sender.link.flush();
  assert.ok(source.arrived().length > 0);
  events!.data(Buffer.alloc(16, 0xff));
  assert.equal(side.ends.length, 1);
  events!.data(source.arrived());
  events!.closed(undefined);
  assert.deepEqual([side.received, side.ends.length], [[], 1]);
});

test("a reader that throws ends the link with what it threw", () => {
  const thrown = new RangeError("what the reader makes of it");
  for (const [value, cause] of [
    [thrown, thrown],
    ["text", new Error("text")],
  ] as const) {
    const { a, b, jobs } = pair();
    b.react = (text) => {
      if (text === "second") throw value as unknown;
    };
    for (const text of ["first", "second", "third"]) a.send(1, text);
    a.link.flush();
    a.send(1, "fourth");
    a.link.flush();
    jobs.run();
    assert.deepEqual(b.received, ["1:first", "1:second"]);
    assert.deepEqual([b.ends, a.ends], [[cause], [undefined]]);
    if (value === thrown) assert.equal(b.ends[0], thrown, "the error itself, not a copy");
  }
});

test("a frame longer than the reader takes ends the link", () => {
  const { a, b, jobs } = pair();
  b.link.limitFrames(20);
  a.send(1, "short");
  a.send(1, "longer than twenty bytes");
  a.link.flush();
  jobs.run();
  assert.deepEqual(b.received, ["1:short"]);
  assert.ok(b.ends[0] instanceof MalformedFrameError);
});

test("a reader may answer during the call; answers to one read are one write", async () => {
  const { a, b, jobs, toB } = pair();
  a.react = (text) => a.send(2, `re: ${text}`);
  for (let i = 0; i < 50; i++) b.send(1, `${i}`);
  b.link.flush();
  jobs.run();
  await endOfTurn();
  jobs.run();
  assert.equal(toB.writes.length, 1);
  assert.deepEqual(
    b.received,
    Array.from({ length: 50 }, (_, i) => `2:re: ${i}`),
  );
});

test("a reader that closes its link hears of the end once", () => {
  const { a, b, jobs } = pair();
  b.react = () => b.link.close();
  a.send(1, "stop");
  a.link.flush();
  jobs.run();
  assert.deepEqual([a.ends, b.ends], [[undefined], [undefined]]);
});
