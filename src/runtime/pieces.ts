/** Takes copies of the pieces of a value, in messages or in the store. */

import { FRAME_BUFFERS_MAX, FRAME_BYTES_MAX } from "../base/limits.ts";
import { tooLarge, tooManyBuffers } from "../wire/frame.ts";
import { isStored, NO_SEGMENTS, type Payload, type Piece } from "./payload.ts";
import type { Segment, Segments } from "./segments.ts";

export type Pieces = Pick<Payload, "bytes" | "buffers" | "segments">;

/** Below that, what stands around binary parts travels in messages: it is read there at once. */
export const STORED_SKELETON_BYTES_MIN = 16 * 1024;

/**
 * Copies: the caller may write to its arrays as soon as the call returns. What was allocated in
 * the store is taken up as it is. Throws SerializationError, ObjectStoreFullError.
 */
export function copyPieces(
  bytes: Buffer,
  buffers: readonly Uint8Array[],
  root: string,
  segments: Segments,
): Pieces {
  const sealed = sealAllocated(buffers, segments);
  const others = sealed.size === 0 ? buffers : buffers.filter((found) => !sealed.has(found.buffer));
  const isSkeletonLarge = bytes.length >= STORED_SKELETON_BYTES_MIN;
  const largeBytes = sizeOfAll(others) + (isSkeletonLarge ? bytes.length : 0);
  if (largeBytes < segments.storedBytesMin) {
    checkMessageSize(bytes, others, root);
    const copies = joined(buffers, sealed, others.map(copyOf));
    return withSegments(Buffer.from(bytes), copies);
  }
  const stored = store(isSkeletonLarge ? [bytes, ...others] : others, segments);
  const skeleton = isSkeletonLarge ? stored.shift()! : Buffer.from(bytes);
  return withSegments(skeleton, joined(buffers, sealed, stored));
}

/** The segments of allocated buffers, by their memory. */
function sealAllocated(
  buffers: readonly Uint8Array[],
  segments: Segments,
): Map<ArrayBufferLike, Segment> {
  const sealed = new Map<ArrayBufferLike, Segment>();
  for (const { buffer } of buffers) {
    const segment = segments.seal(buffer);
    if (segment !== undefined) sealed.set(buffer, segment);
  }
  return sealed;
}

/** In the order of `buffers`: their places in sealed segments, and for the others `copies`. */
function joined(
  buffers: readonly Uint8Array[],
  sealed: ReadonlyMap<ArrayBufferLike, Segment>,
  copies: readonly Piece[],
): readonly Piece[] {
  if (sealed.size === 0) return copies;
  let next = 0;
  return buffers.map(({ buffer, byteOffset, byteLength }) => {
    const segment = sealed.get(buffer);
    return segment === undefined
      ? copies[next++]!
      : { segment, offsetBytes: byteOffset, byteLength };
  });
}

function store(pieces: readonly Uint8Array[], segments: Segments): Piece[] {
  const { segment, layout } = segments.create(pieces);
  return pieces.map(({ byteLength }, index) => {
    return { segment, offsetBytes: layout.offsets[index]!, byteLength };
  });
}

function withSegments(bytes: Piece, buffers: readonly Piece[]): Pieces {
  const found = new Set<Segment>();
  for (const piece of [bytes, ...buffers]) if (isStored(piece)) found.add(piece.segment);
  return { bytes, buffers, segments: found.size === 0 ? NO_SEGMENTS : [...found] };
}

/** Said at the call that brings the value, before it is copied. */
function checkMessageSize(bytes: Buffer, buffers: readonly Uint8Array[], root: string): void {
  const sizeBytes = bytes.length + sizeOfAll(buffers);
  if (sizeBytes > FRAME_BYTES_MAX) throw tooLarge(sizeBytes, root);
  if (buffers.length > FRAME_BUFFERS_MAX) throw tooManyBuffers(buffers.length, root);
}

function sizeOfAll(buffers: readonly Uint8Array[]): number {
  let sizeBytes = 0;
  for (const buffer of buffers) sizeBytes += buffer.byteLength;
  return sizeBytes;
}

export function copyOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes);
}
