import type { MsgpackWriter } from "../base/msgpack.ts";
import { InnerParts, PLAIN_ARRAY, PLAIN_MAP } from "./composite.ts";
import type { Composite } from "./composite.ts";
import { REFERENCE, SYMBOL_REGISTERED, SYMBOL_WELL_KNOWN } from "./extension-types.ts";
import { findWellKnownName } from "./symbols.ts";

/** All of a composite but its parts. */
export function writeHeader(writer: MsgpackWriter, { tag, parts }: Composite): void {
  if (tag === PLAIN_ARRAY) return writer.arrayHeader(parts.length);
  if (tag === PLAIN_MAP) return writer.mapHeader(parts.length / 2);
  writeTagged(writer, tag, parts.length);
}

/** What comes before so many parts of a value with a tag. */
export function writeTagged(writer: MsgpackWriter, tag: number, count: number): void {
  if (count >= 15) {
    writer.arrayHeader(count + 1);
    return writeTag(writer, tag);
  }
  let at = writer.reserve(4);
  const { bytes } = writer;
  bytes[at++] = 0x91 + count;
  bytes[at++] = 0xd4; // An extension with one byte of payload.
  bytes[at++] = tag;
  bytes[at] = 0;
}

/** The first item of an array that stands for something else. */
export function writeTag(writer: MsgpackWriter, tag: number): void {
  writer.extensionHeader(tag, 1);
  writer.integer(0);
}

export function writeReference(writer: MsgpackWriter, number: number): void {
  const sizeBytes = number < 0x100 ? 1 : number < 0x10000 ? 2 : 4;
  writer.extensionHeader(REFERENCE, sizeBytes);
  const at = writer.reserve(sizeBytes);
  writer.bytes.writeUIntBE(number, at, sizeBytes);
}

/** `undefined` for a symbol that exists in this process only. */
export function findSymbolParts(symbol: symbol): Composite | undefined {
  const wellKnown = findWellKnownName(symbol);
  if (wellKnown !== undefined) return new InnerParts(SYMBOL_WELL_KNOWN, [wellKnown]);
  const key = Symbol.keyFor(symbol);
  return key === undefined ? undefined : new InnerParts(SYMBOL_REGISTERED, [key]);
}
