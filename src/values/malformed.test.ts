/** Bytes from anyone: an error of the right kind, never a crash, a hang or a huge allocation. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SerializationError } from "../base/errors.ts";
import { MalformedMsgpackError, MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { decodeValue } from "./decode.ts";
import * as ext from "./extension-types.ts";
import { build, graph, receiving, sending } from "./random-graph.test.ts";
import { encode } from "./same.test.ts";

function tryDecode(bytes: Buffer, buffers: readonly Buffer[] = []): void {
  const context = { buffers, create: () => ({}), fill: () => undefined, ...receiving };
  try {
    decodeValue(new MsgpackReader(bytes), context);
  } catch (error) {
    const isExpected =
      error instanceof MalformedMsgpackError || error instanceof SerializationError;
    if (!isExpected) throw error;
  }
}

function assertMalformed(bytes: Buffer, what?: string): void {
  const create = (): object => ({});
  assert.throws(
    () => decodeValue(new MsgpackReader(bytes), { buffers: [], create, fill: () => undefined }),
    MalformedMsgpackError,
    what,
  );
}

const edits = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "flip", "cut", "insert", "truncate", "repeat"),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    // Heads and extension types are more interesting than other bytes.
    byte: fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0xc0, max: 0xdf }),
      fc.nat(70),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

function applyEdit(bytes: Buffer, kind: string, at: number, byte: number): Buffer {
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at + 1);
  switch (kind) {
    case "set":
      return Buffer.concat([before, Buffer.from([byte]), after]);
    case "flip":
      return Buffer.concat([before, Buffer.from([(bytes[at] ?? 0) ^ (1 << (byte & 7))]), after]);
    case "cut":
      return Buffer.concat([before, bytes.subarray(at + (byte & 15))]);
    case "insert":
      return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(at)]);
    case "repeat":
      return Buffer.concat([bytes.subarray(0, at + byte), bytes.subarray(at)]);
    default:
      return before;
  }
}

test("damaged values are refused or read as another value", () => {
  fc.assert(
    fc.property(graph, edits, (nodes, list) => {
      const encoded = encode(build(nodes), sending);
      let { bytes } = encoded;
      for (const { kind, at, byte } of list) {
        bytes = applyEdit(bytes, kind, Math.floor(at * bytes.length), byte);
      }
      tryDecode(
        bytes,
        encoded.buffers.map((buffer) => Buffer.from(buffer)),
      );
    }),
    { numRuns: 2_000 },
  );
});

test("random bytes are refused or read as a value", () => {
  const random = fc.uint8Array({ minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(random, fc.boolean(), (bytes, isTagged) => {
      const head = isTagged ? [0x90 | (bytes[0]! & 15), 0xd4, 16 + (bytes[0]! % 16), 0] : [];
      tryDecode(Buffer.from([...head, ...bytes]));
    }),
    { numRuns: 5_000 },
  );
});

test("every truncation is refused", () => {
  const whole = encode([
    new Map([[{}, new Date(5)]]),
    new TypeError("x", { cause: [1n] }),
    /a/g,
    "\ud800",
    new Uint8Array([1, 2, 3]),
    Buffer.from("pool"),
    [, 1],
    undefined,
    2 ** 40,
    1.5,
    Symbol.iterator,
  ]).bytes;
  for (let size = 0; size < whole.length; size++) assertMalformed(whole.subarray(0, size));
});

/** Bytes by a writer. */
function written(write: (writer: MsgpackWriter) => void): Buffer {
  const writer = new MsgpackWriter();
  write(writer);
  return Buffer.from(writer.bytes.subarray(0, writer.position));
}

function tagged(tag: number, count: number, write: (writer: MsgpackWriter) => void): Buffer {
  return written((writer) => {
    writer.arrayHeader(count + 1);
    writer.extensionHeader(tag, 1);
    writer.integer(0);
    write(writer);
  });
}

test("what the format does not allow is refused", () => {
  const extension = (type: number, ...payload: number[]): Buffer =>
    written((writer) => {
      writer.extensionHeader(type, payload.length);
      writer.raw(Buffer.from(payload));
    });
  const cases: Record<string, Buffer> = {
    "an unknown leaf": extension(15, 0),
    "an unknown tag": tagged(63, 0, () => undefined),
    "a tag that is not first": Buffer.concat([Buffer.from([0x92, 1]), extension(ext.MAP, 0)]),
    "a reference without prelude": extension(ext.REFERENCE, 0),
    "a view without prelude": extension(ext.VIEW, ...new Array<number>(16).fill(0)),
    "a map key that is no string": Buffer.from([0x81, 0x01, 0x01]),
    "the reserved byte": Buffer.from([0xc1]),
    "an integer that is not exact": Buffer.from("cfffffffffffffffff", "hex"),
    "a BigInt of no bytes": extension(ext.BIGINT),
    "UTF-16 of three bytes": extension(ext.STRING_UTF16, 1, 2, 3),
    "a date of one byte": extension(ext.DATE, 1),
    "a Map with a key too many": tagged(ext.MAP, 1, (writer) => writer.nil()),
    "a RegExp that is none": tagged(ext.REGEXP, 2, (writer) => {
      writer.string("(");
      writer.string("");
    }),
    "flags that are none": tagged(ext.REGEXP, 2, (writer) => {
      writer.string("a");
      writer.string("zz");
    }),
    "a URL that is none": tagged(ext.URL_OBJECT, 1, (writer) => writer.string("no url")),
    "an error without name": tagged(ext.ERROR, 2, (writer) => {
      writer.nil();
      writer.integer(0);
    }),
    "an error of even parts": tagged(ext.ERROR, 1, (writer) => writer.string("Error")),
    "a box of an object": tagged(ext.BOXED, 1, (writer) => writer.arrayHeader(0)),
    "an array longer than arrays are": tagged(ext.SPARSE_ARRAY, 1, (writer) => {
      writer.integer(2 ** 32);
    }),
    "an index beyond the length": tagged(ext.SPARSE_ARRAY, 3, (writer) => {
      for (const part of [5, 5, 0]) writer.integer(part);
    }),
    "a prelude in a prelude": tagged(ext.PRELUDE, 1, (writer) => {
      writer.raw(tagged(ext.PRELUDE, 1, (inner) => inner.nil()));
    }),
    "a region that is a number": tagged(ext.PRELUDE, 2, (writer) => {
      writer.integer(1);
      writer.nil();
    }),
    "a buffer that did not come": tagged(ext.PRELUDE, 2, (writer) => {
      writer.raw(extension(ext.OUT_OF_BAND, 0, 0, 0, 0));
      writer.nil();
    }),
    "a reference to what follows": tagged(ext.PRELUDE, 1, (writer) => {
      writer.raw(extension(ext.REFERENCE, 0));
    }),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    assertMalformed(bytes, name);
  }
});

test("a view must lie in its region and fit its elements", () => {
  const view = (kind: string, region: number, start: number, size: number): Buffer =>
    tagged(ext.PRELUDE, 2, (writer) => {
      writer.binary(new Uint8Array(16));
      writer.extensionHeader(ext.VIEW, 16);
      const at = writer.reserve(16);
      writer.bytes[at] = (ext.VIEW_KINDS as readonly string[]).indexOf(kind);
      writer.bytes.writeUIntBE(region, at + 1, 3);
      writer.bytes.writeUIntBE(start, at + 4, 6);
      writer.bytes.writeUIntBE(size, at + 10, 6);
    });
  tryDecode(view("Float64Array", 0, 8, 8));
  assertMalformed(view("Uint8Array", 0, 0, 17));
  assertMalformed(view("Uint8Array", 0, 2 ** 47, 2 ** 47));
  assertMalformed(view("Uint8Array", 1, 0, 1));
  assertMalformed(view("Float64Array", 0, 4, 8));
  assertMalformed(view("Float64Array", 0, 0, 12));
  assertMalformed(view("ArrayBuffer", 0, 8, 8));
  assertMalformed(view("no such kind", 0, 0, 1));
});

test("a few bytes that announce much allocate little", () => {
  const heapBefore = process.memoryUsage().heapUsed;
  for (const length of [2 ** 24, 2 ** 25 - 1, 2 ** 32 - 1]) {
    for (let i = 0; i < 20; i++) tryDecode(tagged(ext.SPARSE_ARRAY, 1, (w) => w.integer(length)));
  }
  for (const head of ["ddffffffff", "dfffffffff", "c9ffffffff00", "c6ffffffff", "dbffffffff"]) {
    assertMalformed(Buffer.from(`${head}00`, "hex"));
  }
  assert(process.memoryUsage().heapUsed - heapBefore < 20e6);
});

test("levels are limited", () => {
  assertMalformed(Buffer.alloc(1_100_000, 0x91));
  assertMalformed(Buffer.alloc(3_000_000, Buffer.from([0x81, 0xa1, 0x61])));
});
