/**
 * Objects of the platform whose classes exist lazily, or not in every version of Node: they are
 * looked up by name only when such an object, or the bytes of one, were met.
 */

import { SerializationError } from "../base/errors.ts";
import { MalformedMsgpackError } from "../base/msgpack.ts";
import type { Composite } from "./composite.ts";
import { InnerParts, MapEntries } from "./composite.ts";
import { FORM_DATA, HEADERS, NAMED_TEXT } from "./extension-types.ts";
import { stringOf } from "./frames.ts";
import { findClassName } from "./realm.ts";

/** Classes whose instances are all that their text says: how the text is got and read again. */
interface TextClass {
  readonly textOf: (value: object) => string;
  readonly read: (found: Function, text: string) => object;
}

const temporal: TextClass = {
  textOf: String,
  read: (found, text) => {
    return (found as unknown as { from(text: string): object }).from(text);
  },
};
const locale: TextClass = {
  textOf: String,
  read: (found, text) => Reflect.construct(found, [text]) as object,
};

const textClasses = new Map<string, TextClass>([["Intl.Locale", locale]]);
for (const name of [
  "Instant",
  "ZonedDateTime",
  "PlainDate",
  "PlainTime",
  "PlainDateTime",
  "PlainYearMonth",
  "PlainMonthDay",
  "Duration",
]) {
  textClasses.set(`Temporal.${name}`, temporal);
}

/** How values with this prototype are written, if it is that of a class above, or of a list. */
export function findPlatformOpener(prototype: object): ((value: object) => Composite) | undefined {
  const name = findClassName(prototype);
  if (name === undefined) return undefined;
  if (name === "Headers" && isOf(name, prototype)) return (value) => listParts(HEADERS, value);
  if (name === "FormData" && isOf(name, prototype)) return (value) => listParts(FORM_DATA, value);
  for (const path of [`Temporal.${name}`, `Intl.${name}`]) {
    const textClass = textClasses.get(path);
    if (textClass === undefined || !isOf(path, prototype)) continue;
    return (value) => new InnerParts(NAMED_TEXT, [path, textClass.textOf(value)]);
  }
  return undefined;
}

function isOf(path: string, prototype: object): boolean {
  return findClass(path)?.prototype === prototype;
}

function findClass(path: string): Function | undefined {
  let found: unknown = globalThis;
  for (const name of path.split(".")) found = Reflect.get(Object(found), name);
  return typeof found === "function" ? found : undefined;
}

/** Names may come several times, so that this is no map of them; the path is that of one. */
function listParts(tag: number, list: object): Composite {
  const pairs = [...(list as Iterable<[string, unknown]>)];
  return new MapEntries(tag, pairs.flat());
}

export function makeHeaders(parts: readonly unknown[]): Headers {
  const headers = new Headers();
  appendPairs(parts, (name, value) => headers.append(name, value));
  return headers;
}

export function makeFormData(parts: readonly unknown[]): FormData {
  const form = new FormData();
  appendPairs(parts, (name, value) => form.append(name, value));
  return form;
}

function appendPairs(
  parts: readonly unknown[],
  append: (name: string, value: string) => void,
): void {
  if (parts.length % 2 !== 0) throw new MalformedMsgpackError("a name without value");
  for (let i = 0; i < parts.length; i += 2) {
    const [name, value] = [stringOf(parts[i]), stringOf(parts[i + 1])];
    malformedIfThrown(() => append(name, value));
  }
}

export function makeFromText(path: string, text: string): object {
  const textClass = textClasses.get(path);
  if (textClass === undefined) throw new MalformedMsgpackError(`a text of unknown class ${path}`);
  const found = findClass(path);
  if (found === undefined) {
    const message = `Cannot read value: Node ${process.versions.node} has no ${path}`;
    throw new SerializationError(`${message}; use the same version on both sides`);
  }
  return malformedIfThrown(() => textClass.read(found, text));
}

/** The classes check what they are made from, and the bytes may come from anyone. */
function malformedIfThrown<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw new MalformedMsgpackError(error instanceof Error ? error.message : String(error));
  }
}
