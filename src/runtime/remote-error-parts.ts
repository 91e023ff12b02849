/**
 * What a task threw and cannot be sent whole. The error itself must arrive: a part that cannot be
 * sent stays as text in its place, whatever it is and whatever reading it does.
 */

import { inspect, types } from "node:util";

/** Beyond these bounds everything is text. */
const OBJECTS_MAX = 10_000;
const DEPTH_MAX = 200;
const TEXT_CHARS_MAX = 200;
/** Texts that were too much for a message. */
const STRING_CHARS_MAX = 1024 * 1024;

/** Properties that each error has, its own or its class's. */
const OWN_NAMES = ["message", "stack", "name"] as const;

/** A copy in which all can be sent. `canSend` tries; what it approves of is kept as it is. */
export function sendableParts(thrown: unknown, canSend: (value: unknown) => boolean): unknown {
  return new Reduction(canSend).reduce(thrown, 0);
}

/** One line that says what the value is, without running code of the user. */
export function textOf(value: unknown): string {
  const options = { depth: -1, customInspect: false, breakLength: Infinity, maxStringLength: 100 };
  let text: string;
  try {
    text = inspect(value, options);
  } catch {
    text = `[${typeof value}]`; // a getter that inspect does not guard
  }
  const [head = ""] = text.split("\n    at ");
  const line = head.replaceAll(/\s*\n\s*/g, " ");
  return line.length > TEXT_CHARS_MAX ? `${line.slice(0, TEXT_CHARS_MAX)}…` : line;
}

/** Also of another realm; of a Proxy if it lets itself be asked. */
function isErrorLike(value: unknown): value is Error {
  if (types.isNativeError(value)) return true;
  try {
    return value instanceof Error;
  } catch {
    return false; // a revoked Proxy, or a trap that throws
  }
}

/** An error whose prototype is none of an error: as a value it is a plain object. */
export function isDisguisedError(value: unknown): boolean {
  return types.isNativeError(value) && !isErrorPrototype(Reflect.getPrototypeOf(value));
}

class Reduction {
  readonly #canSend: (value: unknown) => boolean;
  /** Copies by their originals: a circle stays one. */
  readonly #copies = new Map<object, unknown>();

  constructor(canSend: (value: unknown) => boolean) {
    this.#canSend = canSend;
  }

  reduce(value: unknown, depth: number): unknown {
    if (typeof value === "string") return shortened(value);
    if (typeof value !== "object" || value === null) {
      return this.#canSend(value) ? value : textOf(value);
    }
    if (this.#copies.has(value)) return this.#copies.get(value);
    if (depth > DEPTH_MAX || this.#copies.size >= OBJECTS_MAX) return textOf(value);
    if (isErrorLike(value)) return this.#reduceError(value, depth);
    const empty = emptyContainer(value);
    if (empty !== undefined) return this.#fill(value, empty, [], depth);
    const kept = this.#canSend(value) ? value : textOf(value);
    this.#copies.set(value, kept);
    return kept;
  }

  #reduceError(error: Error, depth: number): Error {
    const name = read(() => error.name);
    const message = read(() => error.message);
    const nameText = (name.isRead ? textIn(name.value) : undefined) ?? "Error";
    const messageText = textIn(message.value) ?? "";
    const copy = this.#emptyError(error, nameText, messageText);
    this.#copies.set(error, copy);
    if (!(copy instanceof DOMException)) {
      this.#define(copy, "message", message.value, false, depth);
      if (name.isRead && copy.name !== name.value) {
        this.#define(copy, "name", name.value, false, depth);
      }
    }
    const stack = read(() => error.stack);
    if (!stack.isRead) setHidden(copy, "stack", `${nameText}: ${messageText}`);
    else if (typeof stack.value !== "string") Reflect.deleteProperty(copy, "stack");
    else setHidden(copy, "stack", shortened(stack.value));
    return this.#fill(error, copy, OWN_NAMES, depth);
  }

  /** Of the same class if that can be sent, else of the nearest that every process has. */
  #emptyError(error: Error, name: string, message: string): Error {
    const prototype = read(() => Reflect.getPrototypeOf(error)).value;
    const isDom = read(() => error instanceof DOMException).value === true;
    const empty = isDom ? new DOMException(message, name) : new Error(message);
    if (!isErrorPrototype(prototype)) return empty;
    const base = Reflect.getPrototypeOf(empty);
    Reflect.setPrototypeOf(empty, prototype);
    if (!this.#canSend(empty)) Reflect.setPrototypeOf(empty, base);
    return empty;
  }

  #fill<T extends object>(from: object, to: T, skipped: readonly string[], depth: number): T {
    this.#copies.set(from, to);
    const keys = read(() => Object.getOwnPropertyNames(from)).value;
    for (const key of Array.isArray(keys) ? (keys as string[]) : []) {
      if (skipped.includes(key)) continue;
      const { value } = read(() => Reflect.get(from, key) as unknown);
      const isVisible = read(() => Object.prototype.propertyIsEnumerable.call(from, key)).value;
      // A hidden method belongs to the class.
      if (isVisible !== true && typeof value === "function") continue;
      this.#define(to, key, value, isVisible === true, depth);
    }
    return to;
  }

  #define(to: object, key: string, value: unknown, enumerable: boolean, depth: number): void {
    const property = { value: this.reduce(value, depth + 1), enumerable };
    Reflect.defineProperty(to, key, { ...property, writable: true, configurable: true });
  }
}

function setHidden(error: Error, key: string, value: string): void {
  const property = { value, enumerable: false, writable: true, configurable: true };
  Reflect.defineProperty(error, key, property);
}

function emptyContainer(value: object): object | undefined {
  if (types.isProxy(value)) return undefined;
  if (Array.isArray(value)) return [];
  const prototype = Reflect.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? {} : undefined;
}

/** Of any realm. An error may have been given a prototype that is none of an error. */
function isErrorPrototype(value: unknown): value is object {
  const isObject = typeof value === "object" && value !== null;
  return isObject && read(() => Reflect.has(value, "message")).value === true;
}

/** What the read gives, or a text that says what it threw. */
function read(get: () => unknown): { readonly isRead: boolean; readonly value: unknown } {
  try {
    return { isRead: true, value: get() };
  } catch (reason) {
    return { isRead: false, value: `[reading it threw ${textOf(reason)}]` };
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function shortened(text: string): string {
  const left = text.length - STRING_CHARS_MAX;
  return left <= 0 ? text : `${text.slice(0, STRING_CHARS_MAX)}… (${left} more characters)`;
}
