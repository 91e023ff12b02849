import type { MsgpackReader } from "../base/msgpack.ts";
import { MalformedMsgpackError } from "../base/msgpack.ts";
import { SerializationError } from "../base/errors.ts";
import { OUT_OF_BAND, OUT_OF_BAND_WHOLE, VIEW_KINDS } from "./extension-types.ts";
import type { ViewKind } from "./extension-types.ts";

/** A region as the receiver has it: memory that views look at. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
}

type TypedArrayClass = {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT: number;
};

/** Reads a region of a PRELUDE. Small ones are copied: the reader's bytes are used again. */
export function readRegion(reader: MsgpackReader, buffers: readonly Buffer[]): Memory {
  if (reader.kind() === "binary") return copy(reader.binary());
  const sizeBytes = reader.extensionHeader();
  const type = reader.extensionType;
  if ((type !== OUT_OF_BAND && type !== OUT_OF_BAND_WHOLE) || sizeBytes !== 4) {
    throw new MalformedMsgpackError(`extension ${type} as region`);
  }
  const index = reader.bytes.readUInt32BE(reader.take(4));
  const bytes = buffers[index];
  if (bytes === undefined) {
    throw new MalformedMsgpackError(`buffer ${index} of ${buffers.length} is asked for`);
  }
  const isWhole = bytes.length === bytes.buffer.byteLength;
  const fits = type === OUT_OF_BAND_WHOLE ? isWhole : bytes.byteOffset % 8 === 0;
  if (!fits) return copy(bytes);
  const { byteOffset, byteLength } = bytes;
  return { buffer: bytes.buffer as ArrayBuffer, byteOffset, byteLength };
}

function copy(bytes: Uint8Array): Memory {
  const { buffer } = new Uint8Array(bytes);
  return { buffer, byteOffset: 0, byteLength: buffer.byteLength };
}

/** Reads the payload of a VIEW. */
export function readView(
  reader: MsgpackReader,
  sizeBytes: number,
  regions: readonly Memory[],
): object {
  if (sizeBytes !== 16) throw new MalformedMsgpackError(`a view in ${sizeBytes} bytes`);
  const at = reader.take(16);
  const kind = VIEW_KINDS[reader.bytes[at]!];
  const region = regions[reader.bytes.readUIntBE(at + 1, 3)];
  const startBytes = reader.bytes.readUIntBE(at + 4, 6);
  const viewBytes = reader.bytes.readUIntBE(at + 10, 6);
  if (kind === undefined || region === undefined) {
    throw new MalformedMsgpackError("a view of unknown kind or memory");
  }
  if (startBytes + viewBytes > region.byteLength) {
    throw new MalformedMsgpackError(`a view beyond its ${region.byteLength} bytes of memory`);
  }
  return makeView(kind, region, region.byteOffset + startBytes, viewBytes);
}

function makeView(kind: ViewKind, region: Memory, byteOffset: number, sizeBytes: number): object {
  const { buffer } = region;
  switch (kind) {
    case "ArrayBuffer":
      if (sizeBytes === buffer.byteLength) return buffer;
      throw new MalformedMsgpackError("an ArrayBuffer that is part of another");
    case "Buffer":
      return Buffer.from(buffer, byteOffset, sizeBytes);
    case "DataView":
      return new DataView(buffer, byteOffset, sizeBytes);
    default:
      return makeTypedArray(kind, buffer, byteOffset, sizeBytes);
  }
}

function makeTypedArray(
  name: string,
  buffer: ArrayBuffer,
  byteOffset: number,
  sizeBytes: number,
): object {
  const arrayClass = Reflect.get(globalThis, name) as TypedArrayClass | undefined;
  if (arrayClass === undefined) {
    const message = `Cannot read value: Node ${process.versions.node} has no ${name}`;
    throw new SerializationError(`${message}; use the same version on both sides`);
  }
  const elementBytes = arrayClass.BYTES_PER_ELEMENT;
  if (byteOffset % elementBytes !== 0 || sizeBytes % elementBytes !== 0) {
    throw new MalformedMsgpackError(`a ${name} at ${byteOffset} of ${sizeBytes} bytes`);
  }
  return new arrayClass(buffer, byteOffset, sizeBytes / elementBytes);
}
