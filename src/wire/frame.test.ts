import assert from "node:assert/strict";
import { mock, test } from "node:test";
import fc from "fast-check";
import { SerializationError } from "../base/errors.ts";
import { FRAME_BUFFERS_MAX, FRAME_BYTES_MAX, LINK_FLUSH_BYTES } from "../base/limits.ts";
import { FrameParser, FrameWriter, MalformedFrameError } from "./frame.ts";

interface Frame {
  readonly kind: number;
  readonly body: Uint8Array;
  readonly buffers: readonly Uint8Array[];
}

interface Header {
  readonly frameBytes: number;
  readonly bufferCount: number;
  readonly bodyBytes: number;
}

/** The format as its description says, written a second time. */
function headerBytes({ frameBytes, bufferCount, bodyBytes }: Header, kind = 1): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(frameBytes, 0);
  bytes.writeUInt8(kind, 4);
  bytes.writeUInt16LE(bufferCount, 6);
  bytes.writeUInt32LE(bodyBytes, 12);
  return bytes;
}

function frameBytes({ kind, body, buffers }: Frame): Buffer {
  const table = Buffer.alloc(4 * buffers.length);
  buffers.forEach((buffer, index) => table.writeUInt32LE(buffer.length, 4 * index));
  const parts = [table, body, ...buffers];
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const header = { frameBytes: size, bufferCount: buffers.length, bodyBytes: body.length };
  return Buffer.concat([headerBytes(header, kind), ...parts]);
}

/** Collects frames; what is valid during the call only is copied, as readers must. */
class Collector {
  readonly frames: Frame[] = [];
  readonly parser = new FrameParser((kind, bytes, start, end, buffers) => {
    this.frames.push({ kind, body: Uint8Array.from(bytes.subarray(start, end)), buffers });
  });

  /** A chunk is the parser's own, so each is a copy. */
  push(...chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) this.parser.push(Buffer.from(chunk));
    return this;
  }
}

function withoutBuffers(frames: readonly Frame[]): Frame[] {
  return frames.map((frame) => ({
    ...frame,
    buffers: frame.buffers.map((b) => Uint8Array.from(b)),
  }));
}

const sizes = fc.oneof(
  fc.nat(40),
  fc.constantFrom(0, 1, LINK_FLUSH_BYTES - 1, LINK_FLUSH_BYTES, LINK_FLUSH_BYTES + 1),
);
const parts = fc.tuple(sizes, fc.nat(255)).map(([size, fill]) => new Uint8Array(size).fill(fill));
const frame: fc.Arbitrary<Frame> = fc.record(
  {
    kind: fc.nat(255),
    body: parts,
    buffers: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(parts, { maxLength: 4 }) },
    ),
  },
  { noNullPrototype: true },
);

/** Cuts at places that are near each other as well as far apart. */
function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

test("frames come out as they went in, wherever the stream is cut", () => {
  const cuts = fc.array(fc.oneof(fc.nat(64), fc.nat(1_000_000)), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), cuts, (frames, places) => {
      const bytes = Buffer.concat(frames.map(frameBytes));
      const { frames: seen } = new Collector().push(...chunksOf(bytes, places));
      assert.deepEqual(withoutBuffers(seen), frames);
    }),
    { numRuns: 500 },
  );
});

test("byte by byte", () => {
  const frames = [
    { kind: 7, body: Uint8Array.of(), buffers: [] },
    { kind: 8, body: Uint8Array.of(1, 2, 3), buffers: [] },
    { kind: 9, body: Uint8Array.of(), buffers: [Uint8Array.of(), Uint8Array.of(4, 5)] },
    { kind: 255, body: Uint8Array.of(6), buffers: [Uint8Array.of(7), Uint8Array.of()] },
    { kind: 1, body: new Uint8Array(300).fill(9), buffers: [] },
  ];
  const bytes = Buffer.concat(frames.map(frameBytes));
  const collector = new Collector();
  for (const byte of bytes) collector.push(Uint8Array.of(byte));
  assert.deepEqual(withoutBuffers(collector.frames), frames);
});

test("each buffer has an ArrayBuffer of its own, which nothing else changes", () => {
  const first = { kind: 1, body: Uint8Array.of(1), buffers: [new Uint8Array(9).fill(2)] };
  for (const cuts of [[], [20, 27]]) {
    const bytes = Buffer.concat([frameBytes(first), frameBytes(first)]);
    const { frames, parser } = new Collector();
    for (const chunk of chunksOf(bytes, cuts)) parser.push(chunk);
    bytes.fill(0xff);
    const buffers = frames.flatMap((each) => each.buffers);
    for (const buffer of buffers) assert.equal(buffer.buffer.byteLength, buffer.length);
    assert.equal(new Set(buffers.map((buffer) => buffer.buffer)).size, 2);
    assert.deepEqual(withoutBuffers(frames), [first, first]);
  }
});

test("what is cut off gives the frames before, and waits", () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), fc.nat(), (frames, choice) => {
      const encoded = frames.map(frameBytes);
      const bytes = Buffer.concat(encoded);
      const end = choice % bytes.length;
      let whole = 0;
      for (let size = 0; whole < frames.length; whole++) {
        size += encoded[whole]!.length;
        if (size > end) break;
      }
      const collector = new Collector().push(bytes.subarray(0, end));
      assert.deepEqual(withoutBuffers(collector.frames), frames.slice(0, whole));
      collector.push(bytes.subarray(end));
      assert.deepEqual(withoutBuffers(collector.frames), frames);
    }),
    { numRuns: 300 },
  );
});

/** Sizes of memory that the parser asks for. */
function allocations(run: () => void): number[] {
  const asked: number[] = [];
  const spies = (["allocUnsafeSlow", "allocUnsafe", "alloc"] as const).map((name) => {
    const original = Buffer[name].bind(Buffer) as (size: number) => Buffer;
    return mock.method(Buffer, name, (size: number) => {
      asked.push(size);
      return original(Math.min(size, 1 << 20));
    });
  });
  try {
    run();
  } finally {
    for (const spy of spies) spy.mock.restore();
  }
  return asked;
}

test("lengths that contradict each other or the limits are refused, and cost nothing", () => {
  const length = fc.oneof(
    fc.nat(100),
    fc.integer({ min: FRAME_BYTES_MAX - 2, max: FRAME_BYTES_MAX + 2 }),
    fc.integer({ min: 0, max: 0xffff_ffff }),
  );
  const count = fc.oneof(fc.nat(3), fc.constantFrom(0xfffe, 0xffff));
  const tables = fc.array(length, { maxLength: 3 });
  fc.assert(
    fc.property(length, count, length, tables, (frameSize, bufferCount, bodyBytes, table) => {
      const parts = bodyBytes + 4 * bufferCount;
      const tableBytes = Buffer.alloc(4 * table.length);
      table.forEach((size, index) => tableBytes.writeUInt32LE(size, 4 * index));
      const header = headerBytes({ frameBytes: frameSize, bufferCount, bodyBytes });
      const isTableThere = bufferCount > 0 && table.length >= bufferCount;
      const sum = parts + table.slice(0, bufferCount).reduce((total, size) => total + size, 0);
      const isMalformed =
        frameSize > FRAME_BYTES_MAX ||
        parts > frameSize ||
        (bufferCount === 0 && parts !== frameSize) ||
        (isTableThere && sum !== frameSize);
      let error: unknown;
      const asked = allocations(() => {
        try {
          new FrameParser(() => undefined).push(Buffer.concat([header, tableBytes]));
        } catch (caught) {
          error = caught;
        }
      });
      assert.equal(error instanceof MalformedFrameError, isMalformed, String(error));
      assert.equal(error === undefined, !isMalformed, String(error));
      const headBytes = header.length + tableBytes.length;
      const limitBytes = isMalformed ? headBytes : headBytes + frameSize;
      for (const sizeBytes of asked) assert.ok(sizeBytes <= limitBytes, `asked for ${sizeBytes}`);
    }),
    { numRuns: 3_000 },
  );
});

test("any bytes: frames that lie in them, or MalformedFrameError", () => {
  const garbage = fc.uint8Array({ minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(garbage, fc.array(fc.nat(200), { maxLength: 3 }), (bytes, cuts) => {
      const collector = new Collector();
      allocations(() => {
        try {
          collector.push(...chunksOf(Buffer.from(bytes), cuts));
        } catch (error) {
          assert.ok(error instanceof MalformedFrameError, String(error));
          assert.match(error.message, /^Cannot read frame: \d+ bytes /);
        }
      });
      const seen = Buffer.concat(collector.frames.map(frameBytes));
      // Flags and destination are not looked at.
      assert.ok(seen.length <= bytes.length);
    }),
    { numRuns: 3_000 },
  );
});

test("the frames before a malformed one are handed on", () => {
  const good = frameBytes({ kind: 3, body: Uint8Array.of(1), buffers: [] });
  const bad = headerBytes({ frameBytes: 5, bufferCount: 0, bodyBytes: 4 });
  const collector = new Collector();
  assert.throws(() => collector.push(Buffer.concat([good, good, bad])), {
    name: "MalformedFrameError",
    message: "Cannot read frame: 5 bytes announced, its parts have 4",
  });
  assert.equal(collector.frames.length, 2);
});

test("a parser may take less than the format allows", () => {
  const collector = new Collector();
  collector.parser.frameBytesMax = 10;
  collector.push(frameBytes({ kind: 1, body: new Uint8Array(10), buffers: [] }));
  assert.equal(collector.frames.length, 1);
  const long = frameBytes({ kind: 1, body: new Uint8Array(11), buffers: [] });
  assert.throws(() => collector.push(long.subarray(0, 16)), {
    name: "MalformedFrameError",
    message: "Cannot read frame: 11 bytes announced, at most 10 are taken",
  });
});

function write(writer: FrameWriter, { kind, body, buffers }: Frame, destination = 0): void {
  writer.begin(kind, buffers.length, destination);
  writer.body.raw(body);
  buffers.forEach((buffer, index) => writer.bufferLength(index, buffer.length));
  writer.end(buffers.reduce((sum, buffer) => sum + buffer.length, 0));
  for (const buffer of buffers) writer.body.raw(buffer);
}

test("the writer writes what the description says", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), fc.nat(0xffff_ffff), (frames, destination) => {
      const writer = new FrameWriter();
      for (const each of frames) write(writer, each, destination);
      const expected = frames.map((each) => {
        const bytes = frameBytes(each);
        bytes.writeUInt32LE(destination, 8);
        return bytes;
      });
      const written = writer.body.bytes.subarray(0, writer.sizeBytes);
      assert.ok(written.equals(Buffer.concat(expected)));
    }),
    { numRuns: 300 },
  );
});

test("a frame that cannot be sent leaves no trace between the others", () => {
  const before = { kind: 1, body: Uint8Array.of(1), buffers: [] };
  const after = { kind: 2, body: Uint8Array.of(2), buffers: [Uint8Array.of(3)] };
  const writer = new FrameWriter();
  write(writer, before);
  writer.begin(9, 3);
  writer.body.string("abandoned");
  writer.abandon();
  assert.throws(
    () => writer.begin(9, FRAME_BUFFERS_MAX + 1),
    (error: unknown) => {
      assert.ok(error instanceof SerializationError);
      assert.equal(
        error.message,
        "Cannot send value: it has 65536 large binary parts, at most 65535 fit into a message; " +
          "put some of them together",
      );
      return true;
    },
  );
  writer.begin(9, 1);
  assert.throws(
    () => writer.end(FRAME_BYTES_MAX),
    (error: unknown) => {
      assert.ok(error instanceof SerializationError);
      assert.equal(
        error.message,
        "Cannot send value: it takes 1073741828 bytes, at most 1073741824 bytes fit into a " +
          "message; send it in parts, or a path to a file",
      );
      return true;
    },
  );
  write(writer, after);
  const written = writer.body.bytes.subarray(0, writer.sizeBytes);
  assert.deepEqual(withoutBuffers(new Collector().push(written).frames), [before, after]);
});

test("the most buffers that a frame can have", () => {
  const buffers = Array.from({ length: FRAME_BUFFERS_MAX }, (_, i) => Uint8Array.of(i & 0xff));
  const sent = { kind: 1, body: Uint8Array.of(1), buffers };
  const writer = new FrameWriter();
  write(writer, sent);
  const bytes = writer.body.bytes.subarray(0, writer.sizeBytes);
  const { frames } = new Collector().push(...chunksOf(bytes, [100_000, 200_000]));
  assert.deepEqual(withoutBuffers(frames), [sent]);
});
