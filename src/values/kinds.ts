import { types } from "node:util";
import type { MsgpackWriter } from "../base/msgpack.ts";
import { arrayParts } from "./arrays.ts";
import { Composite, InnerParts, MapEntries, PLAIN_MAP, Properties, SetMembers } from "./composite.ts";
import { domExceptionParts, errorParts, errorPrototypes, isError } from "./errors.ts";
import * as ext from "./extension-types.ts";
import type { ViewKind } from "./extension-types.ts";
import { OUT_OF_BAND_BYTES_MIN } from "./limits.ts";
import type { Views } from "./views.ts";

/** How the values of one prototype are written. */
export interface Kind {
  /** The prototype alone proves nothing: anything can borrow it. */
  readonly is: (value: object) => boolean;
  /** Writes a leaf, or returns the parts. */
  readonly open: (value: object, writer: MsgpackWriter, views: () => Views) => Composite | undefined;
}

/** The kind of `value`, or `undefined` if the format does not know its prototype. */
export function findKind(value: object, prototype: object | null): Kind | undefined {
  if (prototype === null) return nullObjectKind;
  const kind = kinds.get(prototype) ?? kinds.get(findLocalTwin(prototype) ?? prototype);
  return kind?.is(value) === true ? kind : undefined;
}

/** Of a prototype from another realm (a `vm` context): the one of the same name here. */
function findLocalTwin(prototype: object): object | undefined {
  let top = prototype;
  for (let next; (next = Reflect.getPrototypeOf(top)) !== null; ) top = next;
  if (top === Object.prototype || !Object.hasOwn(prototype, "constructor")) return undefined;
  const name: unknown = (prototype.constructor as { name?: unknown } | undefined)?.name;
  if (typeof name !== "string") return undefined;
  const twin: unknown = Reflect.get(globalThis, name);
  return typeof twin === "function" ? (twin.prototype as object | undefined) : undefined;
}

const kinds = new Map<object, Kind>();

/** Registers a kind; the functions given see values of that kind only. */
function define<T extends object>(
  prototype: object,
  is: (value: object) => boolean,
  open: (value: T, writer: MsgpackWriter, views: () => Views) => Composite | undefined,
): void {
  kinds.set(prototype, { is, open: open as Kind["open"] });
}

export function objectParts(tag: number, object: object): Composite {
  const parts: unknown[] = [];
  for (const key of Object.keys(object)) parts.push(key, Reflect.get(object, key));
  return new Properties(tag, parts, 0);
}

const nullObjectKind: Kind = {
  is: () => true,
  open: (object) => objectParts(ext.NULL_OBJECT, object),
};
define(Object.prototype, () => true, (object) => objectParts(PLAIN_MAP, object));
define(Array.prototype, Array.isArray, arrayParts);
define<Map<unknown, unknown>>(Map.prototype, types.isMap, (map) => {
  const parts: unknown[] = [];
  for (const [key, value] of map) parts.push(key, value);
  return new MapEntries(ext.MAP, parts);
});
define<Set<unknown>>(Set.prototype, types.isSet, (set) => new SetMembers(ext.SET, [...set]));
define<Date>(Date.prototype, types.isDate, (date, writer) => {
  writer.extensionHeader(ext.DATE, 8);
  const at = writer.reserve(8);
  writer.bytes.writeDoubleBE(date.getTime(), at);
  return undefined;
});
define<RegExp>(RegExp.prototype, types.isRegExp, ({ source, flags }) => {
  return new InnerParts(ext.REGEXP, [source, flags]);
});
for (const boxClass of [Number, String, Boolean, BigInt, Symbol]) {
  define(boxClass.prototype as object, types.isBoxedPrimitive, (box) => {
    return new InnerParts(ext.BOXED, [box.valueOf()]);
  });
}
define<URL>(URL.prototype, () => true, (url) => new InnerParts(ext.URL_OBJECT, [url.href]));
define(URLSearchParams.prototype, () => true, (params) => {
  return new InnerParts(ext.URL_SEARCH_PARAMS, [String(params)]);
});

for (const [prototype, className] of errorPrototypes) {
  define<Error>(prototype, isError, (error) => errorParts(error, className));
}
define(DOMException.prototype, isError, domExceptionParts);

/** `"Float64Array"` of a typed array, whatever its prototype. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  Reflect.getPrototypeOf(Uint8Array.prototype)!,
  Symbol.toStringTag,
)!.get!;

function isView(kind: ViewKind, value: object): boolean {
  if (kind === "ArrayBuffer") return types.isArrayBuffer(value);
  if (kind === "DataView") return types.isDataView(value);
  return typedArrayName.call(value) === (kind === "Buffer" ? "Uint8Array" : kind);
}

for (const kind of ext.VIEW_KINDS) {
  const viewClass = Reflect.get(globalThis, kind) as { prototype: object } | undefined;
  if (viewClass === undefined) continue; // Float16Array exists from Node 24 on.
  define<ArrayBuffer | ArrayBufferView>(
    viewClass.prototype,
    (value) => isView(kind, value) && isOwnMemory(value),
    (view, writer, views) => {
      if (kind === "Buffer" && isSmallSlice(view as Buffer)) writer.binary(view as Buffer);
      else views().write(writer, kind, view);
      return undefined;
    },
  );
}

/** Most Buffers are slices of Node's pool. */
function isSmallSlice(buffer: Buffer): boolean {
  return buffer.length < OUT_OF_BAND_BYTES_MIN && buffer.length < buffer.buffer.byteLength;
}

/** Memory that is neither shared with threads nor transferred away. */
function isOwnMemory(view: object): boolean {
  const memory = ArrayBuffer.isView(view) ? view.buffer : view;
  if (!types.isArrayBuffer(memory)) return false;
  if (memory.byteLength > 0) return true;
  try {
    return new Uint8Array(memory).length === 0;
  } catch {
    return false; // It was transferred: no view can be made.
  }
}
