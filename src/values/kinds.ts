import { types } from "node:util";
import { arrayParts } from "./arrays.ts";
import type { Composite } from "./composite.ts";
import { InnerParts, MapEntries, PLAIN_MAP, Properties, SetMembers } from "./composite.ts";
import { domExceptionParts, errorParts, errorPrototypes, isError } from "./errors.ts";
import * as ext from "./extension-types.ts";
import { findPlatformOpener } from "./platform-kinds.ts";
import { findLocalTwin } from "./realm.ts";
import { isOutOfBounds, isOwnMemory, isViewOf, writeView } from "./view-kinds.ts";
import type { Sink } from "./sink.ts";

/** How the values of one prototype are written. */
interface Kind {
  /** The prototype alone proves nothing: anything can borrow it. */
  readonly is: (value: object) => boolean;
  /** Writes a leaf, or returns the parts of what is none. */
  readonly open: (value: object, sink: Sink) => Composite | undefined;
}

const nullObjectKind: Kind = {
  is: () => true,
  open: (object) => objectParts(ext.NULL_OBJECT, object),
};

const kinds = new WeakMap<object, Kind>();

/** The kind of `value`, or `undefined` if the format does not know its prototype. */
export function findKind(value: object, prototype: object | null): Kind | undefined {
  if (prototype === null) return nullObjectKind;
  const kind = kinds.get(prototype) ?? findLateKind(prototype);
  return kind?.is(value) === true ? kind : undefined;
}

/** Prototypes that no kind was found for: most of the classes of a program. */
const strangers = new WeakSet<object>();

/** Kinds of other realms and those of classes that exist only when they are used. */
function findLateKind(prototype: object): Kind | undefined {
  if (strangers.has(prototype)) return undefined;
  const twin = findLocalTwin(prototype);
  const kind = twin && (kinds.get(twin) ?? findPlatformKind(twin));
  const found = kind ?? findPlatformKind(prototype);
  if (found === undefined) strangers.add(prototype);
  else kinds.set(prototype, found);
  return found;
}

function findPlatformKind(prototype: object): Kind | undefined {
  const open = findPlatformOpener(prototype);
  return open && { is: always, open };
}

/** `open` sees only values for which `is` holds. */
function define<T extends object>(
  prototype: T,
  is: (value: object) => boolean,
  open: (value: T, sink: Sink) => Composite | undefined,
): void {
  kinds.set(prototype, { is, open: open as Kind["open"] });
}

function always(): boolean {
  return true;
}

function objectParts(tag: number, object: object): Composite {
  const parts: unknown[] = [];
  for (const key of Object.keys(object)) parts.push(key, Reflect.get(object, key));
  return new Properties(tag, parts, 0);
}

function mapParts(map: ReadonlyMap<unknown, unknown>): Composite {
  const parts: unknown[] = [];
  for (const [key, value] of map) parts.push(key, value);
  return new MapEntries(ext.MAP, parts);
}

function writeDate(date: Date, { writer }: Sink): undefined {
  writer.extensionHeader(ext.DATE, 8);
  const at = writer.reserve(8);
  writer.bytes.writeDoubleBE(date.getTime(), at);
}

function inner(tag: number, ...parts: unknown[]): Composite {
  return new InnerParts(tag, parts);
}

define(Object.prototype, always, (object) => objectParts(PLAIN_MAP, object));
define<unknown[]>(Array.prototype, Array.isArray, arrayParts);
define(Map.prototype, types.isMap, mapParts);
define(Set.prototype, types.isSet, (set) => new SetMembers(ext.SET, [...set]));
define(Date.prototype, types.isDate, writeDate);
define(RegExp.prototype, types.isRegExp, ({ source, flags }) => inner(ext.REGEXP, source, flags));
for (const { prototype } of [Number, String, Boolean, BigInt, Symbol]) {
  define(prototype, types.isBoxedPrimitive, (box) => inner(ext.BOXED, box.valueOf()));
}
define(URL.prototype, always, (url) => inner(ext.URL_OBJECT, url.href));
define(URLSearchParams.prototype, always, (params) => {
  return inner(ext.URL_SEARCH_PARAMS, params.toString());
});
for (const [prototype, className] of errorPrototypes) {
  define(prototype, isError, (error) => errorParts(error as Error, className));
}
define(DOMException.prototype, isError, domExceptionParts);

for (const kind of ext.VIEW_KINDS) {
  const viewClass = Reflect.get(globalThis, kind) as { prototype: ArrayBufferView } | undefined;
  if (viewClass === undefined) continue; // Float16Array exists from Node 24 on.
  define(
    viewClass.prototype,
    (value) => isViewOf(kind, value) && isOwnMemory(value) && !isOutOfBounds(value),
    (view, sink) => writeView(kind, view, sink),
  );
}
