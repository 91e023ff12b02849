/** Keys, values and entries of the control plane as bytes, in memory and in messages. */

import { SerializationError } from "../base/errors.ts";
import { MalformedMsgpackError, MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { readPlain, writePlain } from "../values/plain-data.ts";
import {
  CONTROL_KEY_CHARS_MAX,
  CONTROL_VALUE_BYTES_MAX,
  type Change,
  type Entry,
  type PlainValue,
} from "./control-plane.ts";

/** Throws SerializationError for what is no plain data. The bytes are the caller's. */
export function encodeControlValue(value: PlainValue | undefined): Buffer {
  const writer = new MsgpackWriter(256);
  writePlain(writer, value, "value");
  const foreign = findForeign(value);
  if (foreign !== undefined) {
    throw new SerializationError(
      `Cannot send value: it holds ${describe(foreign)}, the control plane takes plain data; ` +
        "send texts, numbers, arrays and plain objects",
      { path: "value" },
    );
  }
  return Buffer.from(writer.bytes.subarray(0, writer.position));
}

/** A new copy at each call. */
export function decodeControlValue(bytes: Buffer): PlainValue {
  return readControlValue(new MsgpackReader(bytes)) as PlainValue;
}

export function readControlValue(body: MsgpackReader): PlainValue | undefined {
  const value = readPlain<PlainValue | undefined>(body, "values of the control plane");
  const foreign = findForeign(value);
  if (foreign !== undefined) throw new MalformedMsgpackError(`${describe(foreign)} as plain data`);
  return value;
}

/** Something in `value` that is no plain data. Values may be nested deeply, and hold circles. */
function findForeign(value: unknown): object | symbol | undefined {
  const met = new Set<object>();
  const open = [value];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part === "symbol") return part;
    if (typeof part !== "object" || part === null || met.has(part)) continue;
    const prototype: unknown = Object.getPrototypeOf(part);
    const isPlain = Array.isArray(part) || prototype === Object.prototype || prototype === null;
    if (!isPlain) return part;
    met.add(part);
    for (const member of Object.values(part)) open.push(member);
  }
  return undefined;
}

function describe(foreign: object | symbol): string {
  return `a ${Object.prototype.toString.call(foreign).slice("[object ".length, -1)}`;
}

/** Throws SerializationError for a key or a value that not every control plane could take. */
export function checkControlLimits(key: string, valueBytes: number): void {
  const entry = `Cannot set entry ${key.slice(0, 60)}`;
  if (key.length > CONTROL_KEY_CHARS_MAX) {
    throw new SerializationError(
      `${entry}…: its key has ${key.length} characters, at most ${CONTROL_KEY_CHARS_MAX} are ` +
        "taken; use a shorter name",
      { path: "key", sizeChars: key.length, limitChars: CONTROL_KEY_CHARS_MAX },
    );
  }
  if (valueBytes > CONTROL_VALUE_BYTES_MAX) {
    throw new SerializationError(
      `${entry}: its value takes ${valueBytes} bytes, at most ${CONTROL_VALUE_BYTES_MAX} are ` +
        "taken; put what is large into the object store",
      { path: "value", sizeBytes: valueBytes, limitBytes: CONTROL_VALUE_BYTES_MAX },
    );
  }
}

/** A key or prefix. It may hold lone surrogates, which only values can carry. */
export function writeControlText(body: MsgpackWriter, text: string): void {
  writePlain(body, text, "key");
}

export function readControlText(body: MsgpackReader): string {
  const text = readPlain<unknown>(body, "keys");
  if (typeof text !== "string") throw new MalformedMsgpackError(`a key that is a ${typeof text}`);
  return text;
}

/** The parts of an entry or a change, without an array around them. */
export function writeChange(body: MsgpackWriter, { key, revision, value }: Change): void {
  writeControlText(body, key);
  body.integer(revision);
  writePlain(body, value, "value");
}

export function readChange(body: MsgpackReader): Change {
  return { key: readControlText(body), revision: body.number(), value: readControlValue(body) };
}

export function writeEntry(body: MsgpackWriter, entry: Entry | undefined): void {
  if (entry === undefined) return body.nil();
  body.arrayHeader(3);
  writeChange(body, entry);
}

export function readEntry(body: MsgpackReader): Entry | undefined {
  if (body.takeNil()) return undefined;
  const parts = body.arrayHeader();
  const { key, revision, value } = readChange(body);
  for (let more = parts - 3; more > 0; more--) body.skip();
  if (value === undefined) throw new MalformedMsgpackError("an entry without value");
  return { key, revision, value };
}
