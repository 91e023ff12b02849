import { types } from "node:util";
import { SerializationError } from "../base/errors.ts";
import { isOwnMemory } from "./view-kinds.ts";

/** The error for a value that cannot leave its process: what it is, why, and what to do instead. */
export function refusal(value: unknown, path: string): SerializationError {
  return cannotSend(path, reasonOf(value));
}

/** `reason` ends with what to do instead. */
export function cannotSend(path: string, reason: string, cause?: unknown): SerializationError {
  return new SerializationError(`Cannot send ${path}: ${reason}`, { path }, cause);
}

/** What was thrown by the user's own code (a getter, a proxy) while `path` was read. */
export function readFailure(cause: unknown, path: string): SerializationError {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return cannotSend(path, `reading it threw ${text}; send a plain copy of the data`, cause);
}

function reasonOf(value: unknown): string {
  if (typeof value === "symbol") return symbolReason(value);
  if (typeof value === "function") return functionReason(value);
  const object = value as object;
  if (types.isPromise(object)) return "it is a Promise; await it first";
  if (types.isSharedArrayBuffer(object)) return sharedMemoryReason("it is a SharedArrayBuffer");
  if (ArrayBuffer.isView(object) && types.isSharedArrayBuffer(object.buffer)) {
    return sharedMemoryReason("it looks at a SharedArrayBuffer");
  }
  for (const [is, reason] of REASONS) if (is(object)) return reason;
  return instanceReason(object);
}

const REASONS: readonly (readonly [(value: object) => boolean, string])[] = [
  [types.isWeakMap, "it is a WeakMap, whose entries cannot be listed; send a Map"],
  [types.isWeakSet, "it is a WeakSet, whose members cannot be listed; send a Set"],
  [(value) => value instanceof WeakRef, "it is a WeakRef; send what it refers to"],
  [types.isProxy, "it is a Proxy; send the object behind it or a plain copy"],
  [isIterator, "it is an iterator, bound to this process; collect its values in an array"],
  [isTransferred, "its memory was transferred to another thread; send a copy made before that"],
  [isStream, "it is a stream or a socket, bound to this process; send what is needed to open it"],
];

function isTransferred(value: object): boolean {
  return (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) && !isOwnMemory(value);
}

function isIterator(value: object): boolean {
  const iterator = value as Partial<Record<symbol | "next", unknown>>;
  const isIterable = iterator[Symbol.iterator] ?? iterator[Symbol.asyncIterator];
  return typeof iterator.next === "function" && typeof isIterable === "function";
}

function isStream(value: object): boolean {
  const stream = value as {
    pipe?: unknown;
    pipeTo?: unknown;
    write?: unknown;
    getWriter?: unknown;
  };
  return [stream.pipe, stream.pipeTo, stream.getWriter].some((it) => typeof it === "function");
}

function sharedMemoryReason(what: string): string {
  return `${what}, and processes cannot share its memory; send a copy (slice) or put() the data`;
}

function symbolReason(symbol: symbol): string {
  const advice = `use Symbol.for(${JSON.stringify(symbol.description ?? "name")})`;
  return `${String(symbol)} exists only in this process; ${advice}`;
}

function functionReason(value: { readonly name: string }): string {
  return `it is the function ${value.name || "(anonymous)"}; send data, and wrap code in remote()`;
}

function instanceReason(value: object): string {
  return `it is ${describeInstance(value)}, which cannot be built again elsewhere; send plain data`;
}

function describeInstance(value: object): string {
  const constructor: unknown = Reflect.get(value, "constructor");
  const name = typeof constructor === "function" ? constructor.name : "";
  if (name !== "" && name !== "Object") return `an instance of ${name}`;
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (tag !== "Object") return `an instance of ${tag}`;
  return name === ""
    ? "an instance of a class without name"
    : "an object with a prototype of its own";
}
