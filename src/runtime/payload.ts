/**
 * A value as bytes, with all that must be at the receiver before it can be read. Immutable; what
 * it refers to stays alive as long as the payload does.
 */

import type { FunctionRecord } from "./function-record.ts";
import type { ObjectRecord } from "./object-record.ts";

export interface Payload {
  /** The value in the format of `values/`. */
  readonly bytes: Buffer;
  /** Large binary parts, in the order in which the bytes refer to them. */
  readonly buffers: readonly Uint8Array[];
  /** Refs inside the value; the bytes hold their index here. */
  readonly refs: readonly ObjectRecord[];
  /** Remote functions inside the value. */
  readonly functions: readonly FunctionRecord[];
  /** Hashes of code objects inside the value. */
  readonly codes: readonly string[];
}

/** Nothing but bytes: it can be read at once, anywhere. */
export function isPlain(payload: Payload): boolean {
  return (
    payload.buffers.length === 0 &&
    payload.refs.length === 0 &&
    payload.functions.length === 0 &&
    payload.codes.length === 0
  );
}

export function sizeOf(payload: Payload): number {
  let sizeBytes = payload.bytes.length;
  for (const buffer of payload.buffers) sizeBytes += buffer.byteLength;
  return sizeBytes;
}

/** Values that are their own copy: they travel and are kept as they are. */
export type Primitive = undefined | null | boolean | number | string | bigint;

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
