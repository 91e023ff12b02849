import { types } from "node:util";
import type { ViewKind } from "./extension-types.ts";
import { OUT_OF_BAND_BYTES_MIN } from "./limits.ts";
import type { Sink } from "./sink.ts";

const typedArrayPrototype = Reflect.getPrototypeOf(Uint8Array.prototype)!;

const typedArrayAt = Reflect.get(typedArrayPrototype, "at") as (index: number) => unknown;

/** By what it is inside: `value` may have borrowed its prototype or come from another realm. */
export function isViewOf(kind: ViewKind, value: object): boolean {
  if (kind === "ArrayBuffer") return types.isArrayBuffer(value);
  if (kind === "DataView") return types.isDataView(value);
  const name: unknown = Reflect.get(typedArrayPrototype, Symbol.toStringTag, value);
  return name === (kind === "Buffer" ? "Uint8Array" : kind);
}

/** Memory that is neither shared with threads nor transferred away. */
export function isOwnMemory(view: object): boolean {
  const memory = ArrayBuffer.isView(view) ? view.buffer : view;
  if (!types.isArrayBuffer(memory)) return false;
  if (memory.byteLength > 0) return true;
  try {
    return new Uint8Array(memory).length === 0;
  } catch {
    return false; // It was transferred: no view can be made.
  }
}

/** A view of memory that has become too small for it; one of nothing is another matter. */
export function isOutOfBounds(view: object): boolean {
  if (!ArrayBuffer.isView(view)) return false;
  try {
    if (view.byteLength > 0) return false;
    // Of all views only this tells apart the two that are empty.
    if (types.isTypedArray(view)) Reflect.apply(typedArrayAt, view, [0]);
    return false;
  } catch {
    return true; // Views throw when they are looked at so, a DataView whatever is asked.
  }
}

export function writeView(
  kind: ViewKind,
  view: ArrayBufferView | ArrayBuffer,
  sink: Sink,
): undefined {
  const isAlone = kind === "Buffer" && isPooled(view as Buffer);
  if (isAlone && view.byteLength < OUT_OF_BAND_BYTES_MIN) sink.writer.binary(view as Buffer);
  else sink.views.write(sink.writer, kind, view, isAlone);
}

/** Node cuts small Buffers out of pools, which hold what nobody wants to send. */
function isPooled(buffer: Buffer): boolean {
  const poolBytes = buffer.buffer.byteLength;
  return poolBytes === Buffer.poolSize && buffer.length < poolBytes;
}
