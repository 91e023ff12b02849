import { inspect, types } from "node:util";
import { SerializationError } from "../base/errors.ts";
import { isOutOfBounds, isOwnMemory } from "./view-kinds.ts";

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
  const reason = `reading it threw ${thrownText(cause)}`;
  return cannotSend(path, `${reason}; send a plain copy of the data`, cause);
}

export function thrownText(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspect(thrown);
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
  if (isStream(object)) return streamReason(object);
  const known = REASONS_BY_CLASS.get(nameOf(object));
  if (known !== undefined) return known;
  return instanceReason(object);
}

const REASONS: readonly (readonly [(value: object) => boolean, string])[] = [
  [types.isWeakMap, "it is a WeakMap, whose entries cannot be listed; send a Map"],
  [types.isWeakSet, "it is a WeakSet, whose members cannot be listed; send a Set"],
  [(value) => value instanceof WeakRef, "it is a WeakRef; send what it refers to"],
  [types.isProxy, "it is a Proxy; send the object behind it or a plain copy"],
  [
    types.isGeneratorObject,
    "it is a generator object, bound to this process; collect it into an array first, or make " +
      "the remote function itself a generator, whose elements are streamed",
  ],
  [
    isIterator,
    "it is an iterator, bound to this process; collect it into an array first, or make it " +
      "inside the task",
  ],
  [isTransferred, "its memory was transferred to another thread; send a copy made before that"],
  [isOutOfBounds, "its memory was made smaller than it reaches; send a view of what is left"],
];

/** By name: to look such a class up would load it. */
const REASONS_BY_CLASS = new Map<string, string>([
  [
    "AbortSignal",
    "it is an AbortSignal, bound to this process; pass it as the option signal of " +
      "the call, use context().signal in the body",
  ],
  [
    "AbortController",
    "it is an AbortController, bound to this process; pass its signal as the option signal of " +
      "the call, use context().signal in the body",
  ],
  ["Blob", "it is a Blob, which cannot be read at once; send await blob.arrayBuffer()"],
  [
    "File",
    "it is a File, which cannot be read at once; send its name and await file.arrayBuffer()",
  ],
  ["Request", "it is a Request, bound to this process; send its url, method, headers and body"],
  [
    "Response",
    "it is a Response, bound to this process; send its status and await response.arrayBuffer()",
  ],
  [
    "FinalizationRegistry",
    "it is a FinalizationRegistry, which watches objects of this process; make one there",
  ],
  ...["KeyObject", "SecretKeyObject", "PublicKeyObject", "PrivateKeyObject"].map(
    (name): [string, string] => [
      name,
      "it is a KeyObject; send key.export() and make the key of it there",
    ],
  ),
  [
    "CryptoKey",
    "it is a CryptoKey; send await crypto.subtle.exportKey() of it and import it there",
  ],
]);

function nameOf(value: object): string {
  const constructor: unknown = Reflect.get(value, "constructor");
  return typeof constructor === "function" ? constructor.name : "";
}

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

function streamReason(value: object): string {
  const name = nameOf(value);
  const what = name === "" || name === "Object" ? "stream" : name;
  return (
    `it is ${/^[aeiou]/i.test(what) ? "an" : "a"} ${what}, bound to this process; ` +
    "create it inside the function, or send what is needed to open it"
  );
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
  return (
    `it is ${describeInstance(value)}, which cannot be built again elsewhere; ` +
    "create it inside the function, keep it in an actor, or send plain data"
  );
}

function describeInstance(value: object): string {
  const name = nameOf(value);
  if (name !== "" && name !== "Object") return `an instance of ${name}`;
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (tag !== "Object") return `an instance of ${tag}`;
  return name === ""
    ? "an instance of a class without name"
    : "an object with a prototype of its own";
}
