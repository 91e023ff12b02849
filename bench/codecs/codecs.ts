/** A codec is one function: the value, encoded and decoded again. */
import { deserialize, serialize } from "node:v8";
import { Packr } from "msgpackr";
import { MsgpackReader, MsgpackWriter } from "../../src/base/msgpack.ts";
import { Closures } from "../../src/closure/closures.ts";
import { decodeValue } from "../../src/values/decode.ts";
import { encodeValue } from "../../src/values/encode.ts";
import { SHAPES } from "./shapes.ts";
import type { ShapeName } from "./shapes.ts";

export { SHAPES, SHAPE_NAMES } from "./shapes.ts";
export type { ShapeName } from "./shapes.ts";

export type CodecName = "mobula" | "v8.serialize" | "structuredClone" | "msgpackr";
export type Codec = (value: unknown) => unknown;

const makers: Record<CodecName, (shape: ShapeName) => Codec> = {
  mobula: makeMobula,
  "v8.serialize": () => (value) => deserialize(serialize(value)) as unknown,
  structuredClone: () => (value) => structuredClone(value),
  msgpackr: (shape) => {
    // As it comes; with its options for Map and Set where those are.
    const options = shape === "nested Map/Set" ? { structuredClone: true } : { useRecords: false };
    const packr = new Packr(options);
    return (value) => packr.unpack(packr.pack(value)) as unknown;
  },
};

/** As a driver and a worker use it: a writer that is kept, read where it was written. */
function makeMobula(): Codec {
  const closures = new Closures({ entryUrl: undefined });
  const writer = new MsgpackWriter();
  return (value) => {
    writer.position = 0;
    const buffers: Uint8Array[] = [];
    const codes = new Set<string>();
    const extend = (found: object, path: () => string) => closures.extend(found, path, codes);
    encodeValue(writer, value, { root: "value", buffers, extend });
    return decodeValue(new MsgpackReader(writer.bytes, 0, writer.position), {
      buffers: buffers.map(({ buffer, byteOffset, byteLength }) =>
        Buffer.from(buffer, byteOffset, byteLength),
      ),
      create: (type, head) => closures.create(type, head),
      fill: (type, created, body) => closures.fill(type, created, body),
    });
  };
}

export function openCodec(name: CodecName, shape: ShapeName): Codec {
  const codec = makers[name](shape);
  check(name, shape, codec(SHAPES[shape]));
  return codec;
}

/** Whether the codec carries the shape at all; only Mobula is asked for the class. */
function check(name: CodecName, shape: ShapeName, received: unknown): void {
  const isWhole =
    shape === "classes"
      ? name !== "mobula" || (received as object[])[7] instanceof classOf(SHAPES[shape][7]!)
      : Reflect.getPrototypeOf(Object(received) as object) ===
        Reflect.getPrototypeOf(Object(SHAPES[shape]) as object);
  if (!isWhole) throw new Error(`Cannot trust ${name}: it loses what ${shape} is`);
}

function classOf(value: object): Function {
  return value.constructor;
}
