import { MalformedMsgpackError } from "../base/msgpack.ts";

/** A value that is being read part by part. Also the frame of the stack for deep values. */
export abstract class Frame {
  /** Parts that are still to come. */
  remaining: number;
  /** As soon as it exists: parts may refer back to it. */
  object: object | undefined;

  constructor(remaining: number, object?: object) {
    this.remaining = remaining;
    this.object = object;
  }

  /** Takes the next part. */
  abstract accept(part: unknown): void;

  /** The value, when all parts were taken. */
  finish(): unknown {
    return this.object;
  }
}

/** A value that is made of all its parts at once; nothing can refer to it before. */
export class Whole extends Frame {
  readonly #parts: unknown[] = [];
  readonly #make: (parts: readonly unknown[]) => unknown;

  constructor(remaining: number, make: (parts: readonly unknown[]) => unknown) {
    super(remaining);
    this.#make = make;
  }

  accept(part: unknown): void {
    this.#parts.push(part);
  }

  override finish(): unknown {
    return this.#make(this.#parts);
  }
}

export class ArrayFrame extends Frame {
  declare object: unknown[];

  constructor(count: number) {
    super(count, []);
  }

  accept(part: unknown): void {
    this.object.push(part);
  }
}

export class SetFrame extends Frame {
  declare object: Set<unknown>;

  constructor(count: number) {
    super(count, new Set());
  }

  accept(part: unknown): void {
    this.object.add(part);
  }
}

/** Parts that come as key, value, key, value ... */
abstract class PairsFrame extends Frame {
  #key: unknown;
  #hasKey = false;

  accept(part: unknown): void {
    if (this.#hasKey) this.pair(this.#key, part);
    else this.#key = part;
    this.#hasKey = !this.#hasKey;
  }

  protected abstract pair(key: unknown, value: unknown): void;

  override finish(): unknown {
    if (this.#hasKey) throw new MalformedMsgpackError("a key without value");
    return this.object;
  }
}

export class MapFrame extends PairsFrame {
  declare object: Map<unknown, unknown>;

  constructor(count: number) {
    super(count, new Map());
  }

  protected pair(key: unknown, value: unknown): void {
    this.object.set(key, value);
  }
}

/** An object with or without prototype. */
export class ObjectFrame extends PairsFrame {
  declare object: object;

  protected pair(key: unknown, value: unknown): void {
    setProperty(this.object, stringOf(key), value);
  }
}

/** Sets own properties only: `__proto__` is a key like any other. */
export function setProperty(object: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    const enumerable = true;
    Object.defineProperty(object, key, { value, writable: true, enumerable, configurable: true });
  } else (object as Record<string, unknown>)[key] = value;
}

export function stringOf(part: unknown): string {
  if (typeof part === "string") return part;
  throw new MalformedMsgpackError(`expected a string, found a part of type ${typeof part}`);
}
