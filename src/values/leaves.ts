/** Payloads of extensions, whose header was read. */

import { isAscii } from "node:buffer";
import type { MsgpackReader } from "../base/msgpack.ts";
import { MalformedMsgpackError } from "../base/msgpack.ts";
import { BIGINT, STRING_UTF16, UNDEFINED } from "./extension-types.ts";
import { BIGINT_BYTES_MAX } from "./limits.ts";

/** Of the extensions that stand for primitives. */
export function readPrimitive(reader: MsgpackReader, type: number, sizeBytes: number): unknown {
  switch (type) {
    case UNDEFINED:
      reader.take(sizeBytes);
      return undefined;
    case BIGINT:
      return readBigInt(reader, sizeBytes);
    case STRING_UTF16:
      return readUtf16(reader, sizeBytes);
    default:
      throw new MalformedMsgpackError(`extension ${type} in the place of a value`);
  }
}

function readBigInt(reader: MsgpackReader, sizeBytes: number): bigint {
  const at = reader.take(sizeBytes);
  if (sizeBytes === 8) return reader.bytes.readBigInt64BE(at);
  if (sizeBytes === 0 || sizeBytes > BIGINT_BYTES_MAX) {
    throw new MalformedMsgpackError(`a BigInt of ${sizeBytes} bytes`);
  }
  const digits = reader.bytes.toString("hex", at, at + sizeBytes);
  return BigInt.asIntN(sizeBytes * 8, BigInt(`0x${digits}`));
}

/** A string that may be long. ASCII, which most are, is copied; UTF-8 must be worked out. */
export function readText(reader: MsgpackReader): string {
  const { bytes, position, end } = reader;
  if (end - position < 5 || bytes[position] !== STR_32) return reader.string();
  const sizeBytes = bytes.readUInt32BE(position + 1);
  if (sizeBytes > end - position - 5) return reader.string(); // It refuses what is cut off.
  const text = bytes.subarray(position + 5, position + 5 + sizeBytes);
  if (!isAscii(text)) return reader.string();
  reader.take(5 + sizeBytes);
  return text.toString("latin1");
}
const STR_32 = 0xdb;

function readUtf16(reader: MsgpackReader, sizeBytes: number): string {
  if (sizeBytes % 2 !== 0) throw new MalformedMsgpackError(`UTF-16 in ${sizeBytes} bytes`);
  const at = reader.take(sizeBytes);
  return reader.bytes.toString("utf16le", at, at + sizeBytes);
}

export function readDate(reader: MsgpackReader, sizeBytes: number): Date {
  if (sizeBytes !== 8) throw new MalformedMsgpackError(`a date of ${sizeBytes} bytes`);
  return new Date(reader.bytes.readDoubleBE(reader.take(8)));
}
