import assert from "node:assert/strict";
import { test } from "node:test";
import { OUT_OF_BAND_BYTES_MIN } from "./limits.ts";
import { assertSame, assertSurvives, decode, encode, roundTrip } from "./same.test.ts";

const LARGE = OUT_OF_BAND_BYTES_MIN;

function filled(sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).map((_, i) => i * 7);
}

test("every kind of view survives, empty, small and large", () => {
  const classes = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  ];
  for (const sizeBytes of [0, 8, LARGE - 8, LARGE, 100_000]) {
    const memory = filled(sizeBytes).buffer;
    assertSurvives(memory);
    for (const viewClass of classes) assertSurvives(Reflect.construct(viewClass, [memory]));
    assertSurvives(Buffer.from(memory));
    assertSurvives(Buffer.from(filled(sizeBytes)));
  }
});

test("parts of 4096 bytes and more travel beside the skeleton, in order, uncopied", () => {
  const parts = [new Float64Array(512), Buffer.alloc(LARGE), filled(50_000).buffer] as const;
  const small = filled(LARGE - 1);
  const encoded = encode([...parts.slice(0, 2), small, parts[2]]);
  assert.deepEqual(
    encoded.buffers.map((buffer) => [buffer.buffer, buffer.byteOffset, buffer.byteLength]),
    [
      [parts[0].buffer, 0, 4096],
      [parts[1].buffer, parts[1].byteOffset, LARGE],
      [parts[2], 0, 50_000],
    ],
  );
  assert(encoded.bytes.length < LARGE + 200);
});

test("views of one ArrayBuffer still share it", () => {
  for (const sizeBytes of [64, 100_000]) {
    const memory = new ArrayBuffer(sizeBytes);
    const views = [
      new Uint8Array(memory, 3, 8),
      new Float64Array(memory, 8),
      new DataView(memory, 1, 20),
      memory,
    ] as const;
    for (const order of [
      [0, 1, 2],
      [2, 0],
      [1, 0, 2],
      [0, 3],
      [3, 0, 1],
      [1, 3, 2],
    ]) {
      const sent = order.map((i) => views[i]!);
      const received = roundTrip(sent) as typeof sent;
      assertSame(received, sent);
      const memories = received.map((view) => (ArrayBuffer.isView(view) ? view.buffer : view));
      assert.equal(new Set(memories).size, 1, `${order.join()} of ${sizeBytes} bytes`);
    }
  }
});

test("what one view writes, an overlapping one sees", () => {
  const memory = filled(100).buffer;
  const sent = { bytes: new Uint8Array(memory, 5, 20), words: new Uint32Array(memory, 8, 4) };
  const received = roundTrip(sent) as typeof sent;
  received.bytes[3] = 0xab;
  assert.equal(received.words[0]! & 0xff, 0xab);
});

test("an ArrayBuffer has its own size wherever it arrives, and its views lie in it", () => {
  const view = new Float64Array(10_000).fill(1.5);
  const received = roundTrip([view, view.buffer, view.subarray(5, 10)]) as [
    Float64Array,
    ArrayBuffer,
    Float64Array,
  ];
  assert.equal(received[1].byteLength, 80_000);
  assert.equal(received[0].buffer, received[1]);
  assert.equal(received[2].byteOffset, 40);
});

test("a slice travels without the memory around it", () => {
  const pooled = Buffer.from("a few bytes of the pool");
  const ofPool = new Uint8Array(pooled.buffer, pooled.byteOffset, pooled.length);
  const huge = new ArrayBuffer(50e6);
  const slices = [
    pooled,
    ofPool,
    new Uint8Array(huge, 40e6, 100),
    new DataView(huge, 7, 100),
    Buffer.from(huge, 1000, 100),
  ];
  for (const slice of slices) {
    const encoded = encode(slice);
    assert(encoded.bytes.length < 200, `${encoded.bytes.length} bytes`);
    assert.equal(encoded.buffers.length, 0);
    assertSame(decode(encoded), slice);
  }
  const far = encode([new Uint8Array(huge, 0, 100), new Uint8Array(huge, 40e6, 100)]);
  assert(far.bytes.length < 500 && far.buffers.length === 0);
  const [part] = encode(new Uint8Array(huge, 100, 10_000)).buffers;
  assert.equal(part?.byteLength, 10_000);
});

test("slices of a Buffer of its own share it", () => {
  const whole = Buffer.from(filled(20_000));
  const sent = [whole.subarray(0, 10), whole, whole.subarray(5_000, 15_000)];
  const received = roundTrip(sent) as Buffer[];
  assertSame(received, sent);
  assert.equal(new Set(received.map((buffer) => buffer.buffer)).size, 1);
  assert.equal(encode(sent).buffers.length, 1);
});

test("Buffers out of the pool travel alone, also when several do", () => {
  const buffers = Array.from({ length: 100 }, (_, i) => Buffer.from(`number ${i}`));
  const encoded = encode(buffers);
  assert(encoded.bytes.length < 1_500);
  assertSame(decode(encoded), buffers);
});

test("the same view twice is one view", () => {
  const view = filled(5_000);
  const [one, other] = roundTrip([view, view]) as [Uint8Array, Uint8Array];
  assert.equal(one, other);
  assert.equal(encode([view, view]).buffers.length, 1);
});

test("large typed arrays look at the received buffer in place if it is aligned", () => {
  const sent = new Float64Array(1_000).fill(2.5);
  const encoded = encode(sent);
  const memory = Buffer.alloc(8_192);
  for (const offset of [64, 63, 4]) {
    memory.set(encoded.buffers[0]!, offset);
    const received = decode(encoded, { buffers: [memory.subarray(offset, offset + 8_000)] });
    assertSame(received, sent);
    const isInPlace = (received as Float64Array).buffer === memory.buffer;
    assert.equal(isInPlace, (memory.byteOffset + offset) % 8 === 0, `at ${offset}`);
  }
});

test("many small arrays survive", () => {
  assertSurvives(Array.from({ length: 20_000 }, (_, i) => filled(i % 50)));
});

test("thousands of views of one memory survive", () => {
  const memory = filled(200_000).buffer;
  assertSurvives(Array.from({ length: 5_000 }, (_, i) => new Uint8Array(memory, i * 33, 50)));
});
