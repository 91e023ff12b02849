import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MalformedMsgpackError, MsgpackReader, MsgpackWriter } from "./msgpack.ts";

/** What the primitives can say, as a tree. */
type Item =
  | { readonly kind: "nil" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "binary"; readonly value: Uint8Array }
  | { readonly kind: "extension"; readonly type: number; readonly value: Uint8Array }
  | { readonly kind: "array"; readonly items: readonly Item[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Item, Item])[] };

/** Around every width of integer, in both directions. */
const boundaries = [0, 5, 7, 8, 15, 16, 31, 32, 52, 53].flatMap((bits) =>
  [-2, -1, 0, 1, 2].flatMap((step) => [2 ** bits + step, -(2 ** bits) + step]),
);
const safeBoundaries = boundaries.filter(Number.isSafeInteger);

/** Around every width of length. */
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 255, 256, 1023, 1024]
  .concat([1025, 65_535, 65_536])
  .map((length) => fc.constant(length));

const numbers = fc.oneof(
  fc.constantFrom(...boundaries),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.oneof(...lengths).map((length) => new Uint8Array(length).fill(length)),
);
/** Of one, two, three and four bytes in UTF-8, and lengths around every limit of the writer. */
const strings = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).filter((text) => text.isWellFormed()),
  fc
    .tuple(fc.oneof(...lengths), fc.constantFrom("a", "é", "€", "😀", "a😀", "aaaaaaa€"))
    .map(([length, unit]) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length))
    .map((text) => text.toWellFormed()),
);
const { item } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant({ kind: "nil" } as const),
    fc.boolean().map((value) => ({ kind: "boolean", value }) as const),
    numbers.map((value) => ({ kind: "number", value }) as const),
    strings.map((value) => ({ kind: "string", value }) as const),
    bytes.map((value) => ({ kind: "binary", value }) as const),
    fc
      .tuple(fc.nat(255), bytes)
      .map(([type, value]) => ({ kind: "extension", type, value }) as const),
    fc.array(tie("item"), { maxLength: 20 }).map((items) => ({ kind: "array", items }) as const),
    fc
      .array(fc.tuple(tie("item"), tie("item")), { maxLength: 20 })
      .map((entries) => ({ kind: "map", entries }) as const),
  ),
}));

function write(writer: MsgpackWriter, written: Item): void {
  switch (written.kind) {
    case "nil":
      return writer.nil();
    case "extension":
      writer.extensionHeader(written.type, written.value.length);
      return writer.raw(written.value);
    case "array":
      writer.arrayHeader(written.items.length);
      for (const each of written.items) write(writer, each);
      return;
    case "map":
      writer.mapHeader(written.entries.length);
      for (const each of written.entries.flat()) write(writer, each);
      return;
    case "boolean":
      return writer.boolean(written.value);
    case "number":
      return writer.number(written.value);
    case "string":
      return writer.string(written.value);
    case "binary":
      return writer.binary(written.value);
  }
}

function read(reader: MsgpackReader): Item {
  const kind = reader.kind();
  switch (kind) {
    case "nil":
      assert.ok(reader.takeNil());
      return { kind };
    case "boolean":
      return { kind, value: reader.boolean() };
    case "integer":
    case "float":
      return { kind: "number", value: reader.number() };
    case "string":
      return { kind, value: reader.string() };
    case "binary":
      return { kind, value: Uint8Array.from(reader.binary()) };
    case "extension": {
      const length = reader.extensionHeader();
      const type = reader.extensionType;
      const start = reader.take(length);
      return { kind, type, value: Uint8Array.from(reader.bytes.subarray(start, start + length)) };
    }
    case "array":
      return { kind, items: Array.from({ length: reader.arrayHeader() }, () => read(reader)) };
    case "map": {
      const count = reader.mapHeader();
      return { kind, entries: Array.from({ length: count }, () => [read(reader), read(reader)]) };
    }
  }
}

/** A small buffer at first, so that it grows at every place. */
function encoded(...items: readonly Item[]): Buffer {
  const writer = new MsgpackWriter(1);
  for (const each of items) write(writer, each);
  return Buffer.from(writer.bytes.subarray(0, writer.position));
}

/** Somewhere within other bytes, as in a chunk of a stream. */
function readerOf(data: Buffer): MsgpackReader {
  const around = Buffer.concat([Buffer.alloc(3, 0xc1), data, Buffer.alloc(3, 0xc1)]);
  return new MsgpackReader(around, 3, 3 + data.length);
}

test("what is written is read, and skipped as a whole", () => {
  fc.assert(
    fc.property(item, fc.integer(), (written, after) => {
      const data = encoded(written, { kind: "number", value: after });
      const reader = readerOf(data);
      assert.deepEqual(read(reader), written);
      assert.equal(reader.number(), after);
      assert.ok(reader.atEnd);
      const skipping = readerOf(data);
      skipping.skip();
      assert.equal(skipping.number(), after);
      assert.ok(skipping.atEnd);
    }),
    { numRuns: 2_000 },
  );
});

test("integers take the shortest form there is", () => {
  const sizes = safeBoundaries.map((value) => [value, encoded({ kind: "number", value }).length]);
  const sizeOf = (value: number): number => {
    if (value >= -32 && value < 128) return 1;
    for (const bytes of [1, 2, 4]) {
      if (value >= -(2 ** (8 * bytes - 1)) && value < (value < 0 ? 0 : 2 ** (8 * bytes))) {
        return 1 + bytes;
      }
    }
    return 9;
  };
  assert.deepEqual(
    sizes,
    safeBoundaries.map((value) => [value, sizeOf(value)]),
  );
});

test("headers of every width", () => {
  const counts = [0, 1, 15, 16, 17, 255, 256, 65_535, 65_536];
  for (const count of counts) {
    const nils = Array.from({ length: count }, () => ({ kind: "nil" }) as const);
    const array = encoded({ kind: "array", items: nils });
    const map = encoded({ kind: "map", entries: nils.map((nil) => [nil, nil] as const) });
    const headBytes = count < 16 ? 1 : count < 65_536 ? 3 : 5;
    assert.deepEqual([array.length, map.length], [headBytes + count, headBytes + 2 * count]);
    assert.equal(readerOf(array).arrayHeader(), count);
    assert.equal(readerOf(map).mapHeader(), count);
  }
});

test("what is no safe integer is a float of 64 bits: −0, fractions, large numbers", () => {
  for (const value of [-0, 0.5, 2 ** 53, -(2 ** 53), 2 ** 64, NaN, -Infinity]) {
    const data = encoded({ kind: "number", value });
    assert.deepEqual([data[0], data.length], [0xcb, 9], `${value}`);
  }
});

/** As other writers write: the same values in forms that this one does not use. */
test("longer forms than necessary, and floats of 32 bits, are read", () => {
  const forms: [string, unknown, (reader: MsgpackReader) => unknown][] = [
    ["ca3fc00000", 1.5, (reader) => reader.number()],
    ["cc05", 5, (reader) => reader.number()],
    ["cd0005", 5, (reader) => reader.number()],
    ["ce00000005", 5, (reader) => reader.number()],
    ["cf0000000000000005", 5, (reader) => reader.number()],
    ["d0ff", -1, (reader) => reader.number()],
    ["d1ffff", -1, (reader) => reader.number()],
    ["d2ffffffff", -1, (reader) => reader.number()],
    ["d3ffffffffffffffff", -1, (reader) => reader.number()],
    ["d90161", "a", (reader) => reader.string()],
    ["da000161", "a", (reader) => reader.string()],
    ["db0000000161", "a", (reader) => reader.string()],
    ["c500017f", 0x7f, (reader) => reader.binary()[0]],
    ["c6000000017f", 0x7f, (reader) => reader.binary()[0]],
    ["dc000105", 1, (reader) => reader.arrayHeader()],
    ["dd0000000105", 1, (reader) => reader.arrayHeader()],
    ["de00010506", 1, (reader) => reader.mapHeader()],
    ["df000000010506", 1, (reader) => reader.mapHeader()],
    ["c7017f05", 1, (reader) => reader.extensionHeader()],
    ["c800017f05", 1, (reader) => reader.extensionHeader()],
    ["c9000000017f05", 1, (reader) => reader.extensionHeader()],
  ];
  for (const [hex, expected, take] of forms) {
    const reader = readerOf(Buffer.from(hex, "hex"));
    assert.equal(take(reader), expected, hex);
    const skipping = readerOf(Buffer.from(hex, "hex"));
    skipping.skip();
    assert.ok(skipping.atEnd, hex);
  }
});

const readers: Readonly<Record<string, (reader: MsgpackReader) => unknown>> = {
  boolean: (reader) => reader.boolean(),
  number: (reader) => reader.number(),
  string: (reader) => reader.string(),
  binary: (reader) => reader.binary(),
  array: (reader) => reader.arrayHeader(),
  map: (reader) => reader.mapHeader(),
  extension: (reader) => reader.extensionHeader(),
  nil: (reader) => reader.takeNil(),
  kind: (reader) => reader.kind(),
  skip: (reader) => reader.skip(),
  read: (reader) => read(reader),
};

test("whatever the bytes are: a value within them, or MalformedMsgpackError", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 24 }),
    // A head that announces much, and few bytes.
    fc
      .tuple(fc.integer({ min: 0xc0, max: 0xdf }), fc.uint8Array({ maxLength: 12 }))
      .map(([head, rest]) => Uint8Array.from([head, ...rest])),
    fc.integer({ min: 0xc0, max: 0xdf }).map((head) => Uint8Array.from([head, 255, 255, 255, 255])),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom(...Object.keys(readers)), (data, name) => {
      const reader = readerOf(Buffer.from(data));
      try {
        readers[name]!(reader);
      } catch (error) {
        assert.ok(error instanceof MalformedMsgpackError, `${name}: ${String(error)}`);
        assert.match(error.message, /^Cannot read message: /);
      }
      assert.ok(reader.position <= reader.end, "it read beyond its end");
    }),
    { numRuns: 20_000 },
  );
});

test("every value that is cut off is refused, at every place", () => {
  fc.assert(
    fc.property(item, fc.nat(), (written, choice) => {
      const data = encoded(written);
      const cut = data.subarray(0, choice % data.length);
      assert.throws(() => read(readerOf(cut)), MalformedMsgpackError);
      assert.throws(() => readerOf(cut).skip(), MalformedMsgpackError);
    }),
    { numRuns: 2_000 },
  );
});

test("messages say what was expected and what was found", () => {
  const texts: string[] = [];
  const cases: [string, string][] = [
    ["", "number"],
    ["c0", "number"],
    ["05", "string"],
    ["a161", "array"],
    ["c1", "kind"],
    ["dd7fffffff", "array"],
    ["df00000002050505", "map"],
    ["c7ff7f", "extension"],
  ];
  for (const [hex, name] of cases) {
    assert.throws(
      () => readers[name]!(readerOf(Buffer.from(hex, "hex"))),
      (error: Error) => texts.push(error.message) > 0,
    );
  }
  assert.deepEqual(texts, [
    "Cannot read message: the bytes end inside a value",
    "Cannot read message: expected a number, found 0xc0",
    "Cannot read message: expected a string, found 0x5",
    "Cannot read message: expected an array, found 0xa1",
    "Cannot read message: reserved byte 0xc1",
    "Cannot read message: 2147483647 elements announced, too few bytes left",
    "Cannot read message: 2 elements announced, too few bytes left",
    "Cannot read message: an extension is cut off",
  ]);
});

test("deep nesting is skipped without recursion", () => {
  const depth = 1_000_000;
  const reader = new MsgpackReader(Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]));
  reader.skip();
  assert.ok(reader.atEnd);
});

test("takeNil leaves what is not nil", () => {
  const reader = readerOf(encoded({ kind: "boolean", value: true }));
  assert.equal(reader.takeNil(), false);
  assert.equal(reader.boolean(), true);
});

test("a reader that is used again sees other bytes only", () => {
  const reader = new MsgpackReader(encoded({ kind: "number", value: 0.5 }));
  assert.equal(reader.number(), 0.5);
  const other = encoded({ kind: "number", value: 0.25 }, { kind: "number", value: 7 });
  reader.reset(other, 0, 9);
  assert.equal(reader.number(), 0.25);
  assert.ok(reader.atEnd);
  assert.throws(() => reader.number(), MalformedMsgpackError, "beyond its end there is more");
});

test("binary is a view of the bytes; the writer's position takes back what was written", () => {
  const writer = new MsgpackWriter();
  writer.binary(Uint8Array.of(1, 2, 3));
  const end = writer.position;
  writer.string("dropped");
  writer.position = end;
  const reader = new MsgpackReader(writer.bytes, 0, writer.position);
  const view = reader.binary();
  assert.equal(view.buffer, writer.bytes.buffer);
  assert.deepEqual([...view], [1, 2, 3]);
  assert.ok(reader.atEnd);
});
