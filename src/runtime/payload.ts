/**
 * A value as bytes, with all that must be at the receiver before it can be read. Immutable; what
 * it refers to stays alive as long as the payload does.
 */

import type { FunctionRecord } from "./function-record.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { Segment } from "./segments.ts";

/** Part of a payload that lies in the object store. */
export interface StoredPiece {
  readonly segment: Segment;
  readonly offsetBytes: number;
  readonly byteLength: number;
}

/** Bytes that travel in the message, or a place in the store. */
export type Piece = Uint8Array | StoredPiece;

export interface Payload {
  /** The value in the format of `values/`. */
  readonly bytes: Piece;
  /** Large binary parts, in the order in which the bytes refer to them. */
  readonly buffers: readonly Piece[];
  /** Refs inside the value; the bytes hold their index here. */
  readonly refs: readonly ObjectRecord[];
  /** Remote functions inside the value. */
  readonly functions: readonly FunctionRecord[];
  /** Hashes of code objects inside the value. */
  readonly codes: readonly string[];
  /** Where the stored pieces lie. */
  readonly segments: readonly Segment[];
}

export const NO_SEGMENTS: readonly Segment[] = [];
const NONE: readonly never[] = [];

/** A value that is nothing but bytes, which travel in the message. As most are. */
export function plainPayload(bytes: Uint8Array): Payload {
  return makePayload(bytes, NONE, NONE, NONE, NONE, NO_SEGMENTS);
}

/** All are made here: payloads of one shape are read faster. */
export function makePayload(
  bytes: Piece,
  buffers: readonly Piece[],
  refs: readonly ObjectRecord[],
  functions: readonly FunctionRecord[],
  codes: readonly string[],
  segments: readonly Segment[],
): Payload {
  return { bytes, buffers, refs, functions, codes, segments };
}

export function isStored(piece: Piece): piece is StoredPiece {
  return "segment" in piece;
}

/** The binary parts that travel in the message. */
export function sentBuffers({ buffers, segments }: Payload): readonly Uint8Array[] {
  if (segments.length === 0) return buffers as readonly Uint8Array[];
  return buffers.filter((piece) => !isStored(piece)) as Uint8Array[];
}

/** Nothing but bytes: it can be read at once, anywhere. */
export function isPlain(payload: Payload): boolean {
  return (
    payload.buffers.length === 0 &&
    payload.refs.length === 0 &&
    payload.functions.length === 0 &&
    payload.codes.length === 0 &&
    payload.segments.length === 0
  );
}

export function sizeOf(payload: Payload): number {
  let sizeBytes = payload.bytes.byteLength;
  for (const buffer of payload.buffers) sizeBytes += buffer.byteLength;
  return sizeBytes;
}

/** Values that are their own copy: they travel and are kept as they are. */
export type Primitive = undefined | null | boolean | number | string | bigint;

/** What a primitive counts for, roughly. */
export const PRIMITIVE_BYTES = 16;
/** Longer strings are kept as bytes, outside the heap. */
const PRIMITIVE_STRING_CHARS_MAX = 1024;

export function isPrimitive(value: unknown): value is Primitive {
  switch (typeof value) {
    case "number":
    case "boolean":
    case "undefined":
    case "bigint":
      return true;
    case "string":
      return value.length <= PRIMITIVE_STRING_CHARS_MAX;
    default:
      return value === null;
  }
}
