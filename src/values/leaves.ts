/** Payloads of extensions, whose header was read. */

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

function readUtf16(reader: MsgpackReader, sizeBytes: number): string {
  if (sizeBytes % 2 !== 0) throw new MalformedMsgpackError(`UTF-16 in ${sizeBytes} bytes`);
  const at = reader.take(sizeBytes);
  return reader.bytes.toString("utf16le", at, at + sizeBytes);
}

export function readDate(reader: MsgpackReader, sizeBytes: number): Date {
  if (sizeBytes !== 8) throw new MalformedMsgpackError(`a date of ${sizeBytes} bytes`);
  return new Date(reader.bytes.readDoubleBE(reader.take(8)));
}
