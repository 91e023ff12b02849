import { types } from "node:util";
import type { ViewKind } from "./extension-types.ts";
import { OUT_OF_BAND_BYTES_MIN } from "./limits.ts";
import type { Sink } from "./sink.ts";

const typedArrayPrototype = Reflect.getPrototypeOf(Uint8Array.prototype)!;

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
