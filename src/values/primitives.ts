import type { MsgpackWriter } from "../base/msgpack.ts";
import { BIGINT, STRING_UTF16, UNDEFINED } from "./extension-types.ts";

/** Node 20 has it; TypeScript's ES2023 does not know it yet. */
declare global {
  interface String {
    isWellFormed(): boolean;
  }
}

/** Writes everything that is no object, function or symbol; of those writes nothing: `false`. */
export function writePrimitive(writer: MsgpackWriter, value: unknown): boolean {
  if (typeof value === "string") writeText(writer, value);
  else if (typeof value === "number") writer.number(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (value === null) writer.nil();
  else if (value === undefined) writeUndefined(writer);
  else if (typeof value === "bigint") writeBigInt(writer, value);
  else return false;
  return true;
}

export function writeText(writer: MsgpackWriter, text: string): void {
  if (text.length < SHORT_TEXT_CHARS && writeShortAscii(writer, text)) return;
  if (text.length >= LONG_TEXT_CHARS) writeLongText(writer, text);
  else if (text.isWellFormed()) writer.string(text);
  else writeUtf16(writer, text);
}

/** Most strings, and nearly all keys: nothing is asked about them first. */
const SHORT_TEXT_CHARS = 24;

/** Writes nothing if the text is not ASCII: `false`. */
function writeShortAscii(writer: MsgpackWriter, text: string): boolean {
  const { length } = text;
  let at = writer.reserve(length + 1);
  const { bytes } = writer;
  bytes[at++] = 0xa0 | length;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) {
      writer.position -= length + 1;
      return false;
    }
    bytes[at++] = unit;
  }
  return true;
}

/** From here on it pays to look at how a text is stored. */
const LONG_TEXT_CHARS = 1024;
const PROBE_CHARS = 256;

/** ASCII as UTF-8, anything else as UTF-16: both are copied, while UTF-8 must be worked out. */
function writeLongText(writer: MsgpackWriter, text: string): void {
  if (/[^\0-\x7f]/.test(text.slice(0, PROBE_CHARS))) return writeUtf16(writer, text);
  const start = writer.position;
  writer.string(text);
  if (writer.position - start === TEXT_HEADER_BYTES + text.length) return;
  writer.position = start;
  writeUtf16(writer, text);
}
/** Of a string of 1,024 bytes and more, as the writer writes it. */
const TEXT_HEADER_BYTES = 5;

function writeUtf16(writer: MsgpackWriter, text: string): void {
  const sizeBytes = text.length * 2;
  writer.extensionHeader(STRING_UTF16, sizeBytes);
  const at = writer.reserve(sizeBytes);
  writer.bytes.write(text, at, "utf16le");
}

function writeUndefined(writer: MsgpackWriter): void {
  const at = writer.reserve(3);
  const { bytes } = writer;
  bytes[at] = 0xd4; // An extension with one byte of payload.
  bytes[at + 1] = UNDEFINED;
  bytes[at + 2] = 0;
}

function writeBigInt(writer: MsgpackWriter, value: bigint): void {
  if (BigInt.asIntN(64, value) === value) {
    writer.extensionHeader(BIGINT, 8);
    const at = writer.reserve(8);
    writer.bytes.writeBigInt64BE(value, at);
    return;
  }
  const magnitude = value < 0n ? ~value : value;
  // Hexadecimal is linear in the length, both ways. One more bit than the magnitude for the sign.
  const sizeBytes = (magnitude.toString(16).length >> 1) + 1;
  const digits = BigInt.asUintN(sizeBytes * 8, value)
    .toString(16)
    .padStart(sizeBytes * 2, "0");
  writer.extensionHeader(BIGINT, sizeBytes);
  const at = writer.reserve(sizeBytes);
  writer.bytes.write(digits, at, "hex");
}
