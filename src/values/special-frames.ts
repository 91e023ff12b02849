import { MalformedMsgpackError } from "../base/msgpack.ts";
import { SerializationError } from "../base/errors.ts";
import type { DecodeContext } from "./decode-context.ts";
import { createDomException, createError, defineErrorProperty } from "./errors.ts";
import * as ext from "./extension-types.ts";
import { Frame, MapFrame, ObjectFrame, SetFrame, Whole, setProperty, stringOf } from "./frames.ts";
import { makeFromForm } from "./own-forms.ts";
import { makeFormData, makeFromText, makeHeaders } from "./platform-kinds.ts";
import { findWellKnownSymbol } from "./symbols.ts";

/** The frame for a value that began with `tag` and has `count` parts. */
export function openFrame(tag: number, count: number, context: DecodeContext): Frame {
  if (tag >= ext.RUNTIME_TYPE_MIN && tag <= ext.RUNTIME_TYPE_MAX) {
    expectCount(tag, count, 2);
    return new ExtendedFrame(tag, context);
  }
  switch (tag) {
    case ext.MAP:
      return new MapFrame(count);
    case ext.SET:
      return new SetFrame(count);
    case ext.NULL_OBJECT:
      return new ObjectFrame(count, Object.create(null) as object);
    case ext.SPARSE_ARRAY:
      return new SparseArrayFrame(count);
    case ext.ERROR:
      return new ErrorFrame(count, 1, ([name]) => createError(stringOf(name)));
    case ext.DOM_EXCEPTION:
      return new ErrorFrame(count, 2, ([message, name]) => {
        return createDomException(stringOf(message), stringOf(name));
      });
    case ext.ARGUMENTS:
      return new ArgumentsFrame(count);
    case ext.HEADERS:
      return new Whole(count, makeHeaders);
    case ext.FORM_DATA:
      return new Whole(count, makeFormData);
    default:
      return new Whole(count, makerOf(tag, count));
  }
}

type Make = (parts: readonly unknown[]) => unknown;

const makers = new Map<number, { count: number; make: Make }>([
  [ext.REGEXP, { count: 2, make: ([source, flags]) => makeRegExp(source, flags) }],
  [ext.BOXED, { count: 1, make: ([primitive]) => makeBox(primitive) }],
  [ext.SYMBOL_REGISTERED, { count: 1, make: ([key]) => Symbol.for(stringOf(key)) }],
  [ext.SYMBOL_WELL_KNOWN, { count: 1, make: ([name]) => makeWellKnown(stringOf(name)) }],
  [ext.URL_OBJECT, { count: 1, make: ([href]) => makeUrl(stringOf(href)) }],
  [
    ext.NAMED_TEXT,
    { count: 2, make: ([name, text]) => makeFromText(stringOf(name), stringOf(text)) },
  ],
  [ext.OWN_FORM, { count: 2, make: ([owner, form]) => makeFromForm(owner, form) }],
  [ext.URL_SEARCH_PARAMS, { count: 1, make: ([query]) => new URLSearchParams(stringOf(query)) }],
]);

function makerOf(tag: number, count: number): Make {
  const maker = makers.get(tag);
  if (maker === undefined) throw new MalformedMsgpackError(`unknown extension type ${tag}`);
  expectCount(tag, count, maker.count);
  return maker.make;
}

function expectCount(tag: number, count: number, expected: number): void {
  if (count === expected) return;
  throw new MalformedMsgpackError(`extension ${tag} has ${count} parts, not ${expected}`);
}

function makeRegExp(source: unknown, flags: unknown): RegExp {
  try {
    return new RegExp(stringOf(source), stringOf(flags));
  } catch (error) {
    if (error instanceof SyntaxError) throw new MalformedMsgpackError(error.message);
    throw error;
  }
}

function makeBox(primitive: unknown): object {
  if (primitive === undefined || primitive === null || typeof primitive === "object") {
    throw new MalformedMsgpackError("a box holds a primitive");
  }
  return Object(primitive) as object;
}

function makeWellKnown(name: string): symbol {
  const symbol = findWellKnownSymbol(name);
  if (symbol !== undefined) return symbol;
  const message = `Cannot read value: Node ${process.versions.node} has no Symbol.${name}`;
  throw new SerializationError(`${message}; use the same version on both sides`);
}

function makeUrl(href: string): URL {
  if (!URL.canParse(href)) throw new MalformedMsgpackError("a URL that is none");
  return new URL(href);
}

/** Length, then index or key, value ... */
class SparseArrayFrame extends Frame {
  declare object: unknown[];
  #key: unknown;
  #place = 0;

  constructor(count: number) {
    if (count % 2 === 0) throw new MalformedMsgpackError("a sparse array has length and pairs");
    super(count, []);
  }

  accept(part: unknown): void {
    if (this.#place === 0) this.#setLength(part);
    else if (this.#place % 2 === 1) this.#key = part;
    else this.#set(this.#key, part);
    this.#place++;
  }

  #setLength(length: unknown): void {
    if (!isUint32(length)) throw new MalformedMsgpackError("the length of an array");
    // V8 would allocate what a length of less than 2^25 announces; for a far index it does not.
    if (length > 4 * this.remaining + 1024) this.object[0xffff_fffe] = undefined;
    this.object.length = length;
  }

  #set(key: unknown, value: unknown): void {
    if (typeof key === "number") {
      if (!isUint32(key) || key >= this.object.length) {
        throw new MalformedMsgpackError("an index beyond the array's length");
      }
      this.object[key] = value;
    } else {
      const name = stringOf(key);
      if (name === "length") throw new MalformedMsgpackError("an array's length as named property");
      Object.defineProperty(this.object, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
}

function isUint32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

function emptyArguments(..._all: unknown[]): object {
  return arguments; // eslint-disable-line prefer-rest-params -- there is no other way to get one
}

class ArgumentsFrame extends Frame {
  declare object: object;
  #length = 0;

  constructor(count: number) {
    super(count, emptyArguments());
    Reflect.set(this.object, "length", count);
  }

  accept(part: unknown): void {
    setProperty(this.object, String(this.#length++), part);
  }
}

/** What `create` needs, count of hidden properties, key, value ... */
class ErrorFrame extends Frame {
  readonly #lead: unknown[] = [];
  readonly #leadCount: number;
  readonly #create: (lead: readonly unknown[]) => Error;
  #key: string | undefined;
  #hiddenCount = -1;

  constructor(count: number, leadCount: number, create: (lead: readonly unknown[]) => Error) {
    if (count <= leadCount || (count - leadCount) % 2 === 0) {
      throw new MalformedMsgpackError(`an error has ${count} parts`);
    }
    super(count);
    this.#leadCount = leadCount;
    this.#create = create;
  }

  accept(part: unknown): void {
    if (this.object === undefined) {
      this.#lead.push(part);
      if (this.#lead.length === this.#leadCount) this.object = this.#create(this.#lead);
    } else if (this.#hiddenCount < 0) this.#setHiddenCount(part);
    else if (this.#key === undefined) this.#key = stringOf(part);
    else {
      defineErrorProperty(this.object as Error, this.#key, part, this.#hiddenCount > 0);
      if (this.#hiddenCount > 0) this.#hiddenCount--;
      this.#key = undefined;
    }
  }

  #setHiddenCount(part: unknown): void {
    if (!isUint32(part)) throw new MalformedMsgpackError("the count of an error's properties");
    this.#hiddenCount = part;
  }
}

/** Head, body. */
class ExtendedFrame extends Frame {
  readonly #type: number;
  readonly #context: DecodeContext;

  constructor(type: number, context: DecodeContext) {
    super(2);
    this.#type = type;
    this.#context = context;
  }

  accept(part: unknown): void {
    if (this.object === undefined) this.object = this.#context.create(this.#type, part);
    else this.#context.fill(this.#type, this.object, part);
  }
}
