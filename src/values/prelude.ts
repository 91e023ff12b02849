import type { MsgpackWriter } from "../base/msgpack.ts";
import { OUT_OF_BAND, OUT_OF_BAND_WHOLE, PRELUDE } from "./extension-types.ts";
import { writeTag } from "./headers.ts";
import { OUT_OF_BAND_BYTES_MIN } from "./limits.ts";
import type { Region } from "./views.ts";

/**
 * Puts a PRELUDE with these regions before the value that was written from `start` on. Large
 * regions are appended to `buffers` as views.
 */
export function insertPrelude(
  writer: MsgpackWriter,
  start: number,
  regions: readonly Region[],
  buffers: Uint8Array[],
): void {
  const sizeBytes = writer.position - start;
  const preludeBytes = preludeSizeBytes(regions);
  writer.reserve(preludeBytes);
  writer.bytes.copyWithin(start + preludeBytes, start, start + sizeBytes);
  writer.position = start;
  writer.arrayHeader(regions.length + 2);
  writeTag(writer, PRELUDE);
  for (const region of regions) writeRegion(writer, region, buffers);
  if (writer.position !== start + preludeBytes) {
    throw new Error(`Cannot write prelude: ${preludeBytes} bytes planned, another number written`);
  }
  writer.position += sizeBytes;
}

function writeRegion(writer: MsgpackWriter, region: Region, buffers: Uint8Array[]): void {
  const sizeBytes = region.endBytes - region.startBytes;
  const bytes = new Uint8Array(region.memory, region.startBytes, sizeBytes);
  if (sizeBytes < OUT_OF_BAND_BYTES_MIN) return writer.binary(bytes);
  writer.extensionHeader(region.whole ? OUT_OF_BAND_WHOLE : OUT_OF_BAND, 4);
  const at = writer.reserve(4);
  writer.bytes.writeUInt32BE(buffers.length, at);
  buffers.push(bytes);
}

function preludeSizeBytes(regions: readonly Region[]): number {
  const items = regions.length + 2;
  let total = 3 + (items < 16 ? 1 : items < 0x10000 ? 3 : 5);
  for (const { startBytes, endBytes } of regions) {
    const sizeBytes = endBytes - startBytes;
    if (sizeBytes >= OUT_OF_BAND_BYTES_MIN) total += 6;
    else total += sizeBytes + (sizeBytes < 0x100 ? 2 : 3);
  }
  return total;
}
