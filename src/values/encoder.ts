import { types } from "node:util";
import { MobulaError } from "../base/errors.ts";
import { MsgpackWriter } from "../base/msgpack.ts";
import { ordinaryValues, ownNames } from "../base/ordinary-properties.ts";
import { isPlainArray } from "./arrays.ts";
import { ExtendedParts, Items } from "./composite.ts";
import type { Composite, PartsFirst } from "./composite.ts";
import type { EncodeContext, Extended } from "./encode-context.ts";
import { errorParts, findErrorTwin, isError, nearestErrorParts } from "./errors.ts";
import {
  ARGUMENTS,
  INSTANCE,
  LAYOUT,
  RUNTIME_TYPE_MAX,
  RUNTIME_TYPE_MIN,
} from "./extension-types.ts";
import { findSymbolParts, writeHeader, writeReference, writeTagged } from "./headers.ts";
import { findKind } from "./kinds.ts";
import { Layouts } from "./layouts.ts";
import type { ClassLayouts, Layout } from "./layouts.ts";
import { DEPTH_MAX, OBJECTS_MAX, RECURSION_DEPTH_MAX } from "./limits.ts";
import { REGION_BYTES_MAX, REGIONS_MAX } from "./limits.ts";
import { isMoreThanPlain } from "./odd-objects.ts";
import { findOwnForm } from "./own-forms.ts";
import { formatPath } from "./path.ts";
import type { Step } from "./path.ts";
import { insertPrelude } from "./prelude.ts";
import { writePrimitive, writeText } from "./primitives.ts";
import { cannotSend, readFailure, refusal } from "./refusal.ts";
import { SeenObjects } from "./seen-objects.ts";
import type { Sink } from "./sink.ts";
import { Views } from "./views.ts";

const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype as object;
const noWriter = new MsgpackWriter(0);
const noContext: EncodeContext = { root: "", buffers: [], extend: () => undefined };

/**
 * Writes one value at a time. Plain objects and arrays go by recursion, which is fastest;
 * everything else is a `Composite`, and so is everything below RECURSION_DEPTH_MAX, where the
 * composites on the trail are the stack.
 */
export class Encoder implements Sink {
  writer = noWriter;
  #context = noContext;
  readonly #seen = new SeenObjects();
  #views: Views | undefined;
  #layouts: Layouts | undefined;
  #hasReferences = false;
  /** Objects of this value that do not exist before some of their parts are read. */
  #partsFirst: Map<WeakKey, PartsFirst> | undefined;
  /** The first `#depth` steps lead to what is being written. */
  #trail: Step[] = [];
  #depth = 0;
  readonly #path = (): string => formatPath(this.#context.root, this.#trail, this.#depth);

  get views(): Views {
    return (this.#views ??= new Views());
  }

  encode(writer: MsgpackWriter, value: object | symbol, context: EncodeContext): void {
    const start = writer.position;
    const bufferCount = context.buffers.length;
    this.writer = writer;
    this.#context = context;
    try {
      this.#object(value);
      this.#finish(start);
    } catch (error) {
      writer.position = start;
      context.buffers.length = bufferCount;
      throw error instanceof MobulaError ? error : readFailure(error, this.#path());
    }
  }

  #finish(start: number): void {
    if (this.#views === undefined && !this.#hasReferences) return;
    const regions = this.#views?.regions(this.writer) ?? [];
    if (regions.length > REGIONS_MAX) {
      const reason = `it holds ${regions.length} pieces of memory, at most ${REGIONS_MAX} can be`;
      throw cannotSend(this.#context.root, `${reason}; send fewer and larger ones`);
    }
    for (const { startBytes, endBytes } of regions) {
      const sizeBytes = endBytes - startBytes;
      if (sizeBytes > REGION_BYTES_MAX) throw tooLong(sizeBytes, this.#context.root);
    }
    insertPrelude(this.writer, start, regions, this.#context.buffers);
  }

  /** Lets go of the value and of where it was written. */
  clear(): void {
    this.writer = noWriter;
    this.#context = noContext;
    this.#seen.clear();
    this.#views = undefined;
    this.#layouts = undefined;
    this.#hasReferences = false;
    this.#partsFirst = undefined;
    this.#depth = 0;
    this.#trail = [];
  }

  #object(value: object | symbol): void {
    if (typeof value === "symbol") {
      const composite = this.#openSymbol(value);
      return composite && this.#recurse(composite);
    }
    if (this.#isReference(value)) return;
    if (this.#depth >= RECURSION_DEPTH_MAX) return this.#descend(value);
    const prototype = typeof value === "object" ? Reflect.getPrototypeOf(value) : null;
    if (prototype === objectPrototype) this.#plainObject(value as Record<string, unknown>);
    else if (prototype === arrayPrototype && Array.isArray(value) && isPlainArray(value)) {
      this.#plainArray(value);
    } else if (prototype === null || !this.#instance(value, prototype)) {
      const composite = this.#open(value);
      if (composite !== undefined) this.#recurse(composite);
    }
  }

  #plainObject(object: Record<string, unknown>): void {
    const keys = Object.keys(object);
    if (isMoreThanPlain(object, keys)) return this.#recurse(this.#open(object)!);
    const depth = this.#depth++;
    const writer = this.writer;
    const start = writer.position;
    writer.mapHeader(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      this.#trail[depth] = key;
      writeText(writer, key);
      const value = object[key];
      if (writePrimitive(writer, value)) continue;
      if (i === 0 && typeof value === "function") {
        this.#depth = depth;
        if (this.#writeKnown(object, start)) return;
        this.#depth++;
      }
      this.#object(value as object | symbol);
    }
    this.#depth = depth;
  }

  /** What modules export begins with a function, and the runtime may know it. */
  #writeKnown(object: object, start: number): boolean {
    const extended = this.#context.extend(object, this.#path);
    if (extended === undefined) return false;
    const composite = this.#openExtended(object, extended);
    this.writer.position = start;
    writeHeader(this.writer, composite);
    this.#recurse(composite);
    return true;
  }

  #plainArray(array: readonly unknown[]): void {
    const length = array.length;
    const depth = this.#depth++;
    const writer = this.writer;
    writer.arrayHeader(length);
    for (let i = 0; i < length; i++) {
      this.#trail[depth] = i;
      const value = array[i];
      if (!writePrimitive(writer, value)) this.#object(value as object | symbol);
    }
    this.#depth = depth;
  }

  /** Returns false, and has written nothing, if the object must be looked at more closely. */
  #instance(instance: object, prototype: object): boolean {
    const known = this.#layouts?.of(prototype);
    const names = known && ownNames(instance);
    const layout = names && known.find(names);
    if (layout === undefined) return false;
    // A layout begins with a class that is there: what the class holds may lead to the instance.
    if (layout.number < 0 && !this.#seen.has(known!.simple.owner)) return false;
    const values = ordinaryValues(instance, layout.keys);
    if (values === undefined) return false;
    this.#writeLayout(layout, known!);
    const { standFor } = known!.simple;
    const depth = this.#depth++;
    for (let i = 0; i < values.length; i++) {
      this.#trail[depth] = layout.keys[i]!;
      const value = values[i];
      if (!writePrimitive(this.writer, value)) this.#object(standFor(value) as object | symbol);
    }
    this.#depth = depth;
    return true;
  }

  /** All of an instance but its values. */
  #writeLayout(layout: Layout, { simple }: ClassLayouts): void {
    const { writer } = this;
    const { keys, number } = layout;
    if (number >= 0) {
      writeTagged(writer, INSTANCE, keys.length + 1);
      return writer.integer(number);
    }
    layout.number = this.#layouts!.count++;
    writeTagged(writer, LAYOUT, 2 * keys.length + 2);
    this.#object(simple.owner);
    writer.integer(keys.length);
    for (const key of keys) writeText(writer, key);
  }

  #recurse(composite: Composite): void {
    const { parts } = composite;
    const depth = this.#depth++;
    this.#trail[depth] = composite;
    while (++composite.index < parts.length) {
      const part = parts[composite.index];
      if (!writePrimitive(this.writer, part)) this.#object(part as object | symbol);
    }
    this.#depth = depth;
  }

  /** Writes `root`, which was met already, and all below it without recursion. */
  #descend(root: object): void {
    const floor = this.#depth;
    this.#push(this.#open(root));
    while (this.#depth > floor) {
      const top = this.#trail[this.#depth - 1] as Composite;
      if (++top.index < top.parts.length) this.#push(this.#openPart(top.parts[top.index]));
      else this.#depth--;
    }
  }

  #push(composite: Composite | undefined): void {
    if (composite === undefined) return;
    if (this.#depth >= DEPTH_MAX) {
      const reason = `it is nested deeper than ${DEPTH_MAX} levels`;
      throw cannotSend(this.#path(), `${reason}; send it in a flatter form, such as an array`);
    }
    this.#trail[this.#depth++] = composite;
  }

  #openPart(part: unknown): Composite | undefined {
    if (writePrimitive(this.writer, part)) return undefined;
    if (typeof part === "symbol") return this.#openSymbol(part);
    const value = part as object;
    return this.#isReference(value) ? undefined : this.#open(value);
  }

  /** Writes a REFERENCE if the object was met before. */
  #isReference(value: WeakKey): boolean {
    const number = this.#seen.meet(value);
    if (number < 0) {
      if (this.#seen.isFull) {
        const reason = `with it there are ${OBJECTS_MAX} objects, more than one value can hold`;
        throw cannotSend(this.#path(), `${reason}; send them in several values`);
      }
      return false;
    }
    const circle = this.#partsFirst?.get(value)?.circle;
    if (circle !== undefined) throw cannotSend(this.#path(), circle);
    this.#hasReferences = true;
    writeReference(this.writer, number);
    return true;
  }

  /** Writes a leaf whole, of everything else the header. */
  #open(value: object): Composite | undefined {
    const composite = this.#opened(value);
    if (composite !== undefined) writeHeader(this.writer, composite);
    return composite;
  }

  #opened(value: object): Composite | undefined {
    if (typeof value === "function") return this.#extend(value);
    const prototype = Reflect.getPrototypeOf(value);
    if (prototype === objectPrototype || prototype === null) {
      const odd = this.#openOdd(value);
      if (odd !== undefined) return odd;
    }
    const kind = findKind(value, prototype);
    if (kind !== undefined) return kind.open(value, this);
    const form = findOwnForm(value, this.#path);
    if (form !== undefined) return this.#keepPartsFirst(value, form);
    const twin = isError(value) && prototype !== null ? findErrorTwin(value, prototype) : undefined;
    return twin === undefined ? this.#extend(value) : errorParts(value as Error, twin);
  }

  /** `undefined`: the object is plain, or nobody knows more of it than that. */
  #openOdd(value: object): Composite | undefined {
    const keys = Object.keys(value);
    if (!isMoreThanPlain(value, keys)) return undefined;
    if (types.isArgumentsObject(value)) {
      return new Items(ARGUMENTS, Array.from(value as ArrayLike<unknown>));
    }
    const extended = this.#context.extend(value, this.#path);
    if (extended !== undefined) return this.#openExtended(value, extended);
    if (keys.length > 0) return undefined;
    const reason = "all its properties are hidden, so that it would arrive empty";
    throw cannotSend(this.#path(), `${reason}; send plain data`);
  }

  #extend(value: object): Composite {
    const extended = this.#context.extend(value, this.#path);
    if (extended !== undefined) return this.#openExtended(value, extended);
    if (isError(value)) return nearestErrorParts(value);
    throw refusal(value, this.#path());
  }

  #openExtended(value: WeakKey, extended: Extended): Composite {
    const { type, simple } = extended;
    if (simple !== undefined) {
      (this.#layouts ??= new Layouts()).add(Reflect.getPrototypeOf(value as object)!, simple);
    }
    if (!(type >= RUNTIME_TYPE_MIN && type <= RUNTIME_TYPE_MAX)) {
      throw new RangeError(`Cannot extend values: type ${type} is not of the runtime's range`);
    }
    const parts = new ExtendedParts(extended);
    // Such as a ref, of which there may be many: nothing in it can lead back to it.
    const isLeaf = typeof extended.head === "number" && extended.body === null;
    return isLeaf ? parts : this.#keepPartsFirst(value, parts);
  }

  #keepPartsFirst(value: WeakKey, parts: PartsFirst): Composite {
    (this.#partsFirst ??= new Map()).set(value, parts);
    return parts;
  }

  /** A symbol that only this process has is numbered as objects are. */
  #openSymbol(symbol: symbol): Composite | undefined {
    let composite = findSymbolParts(symbol);
    if (composite === undefined) {
      if (this.#isReference(symbol)) return undefined;
      const extended = this.#context.extend(Object(symbol) as object, this.#path);
      if (extended === undefined) throw refusal(symbol, this.#path());
      composite = this.#openExtended(symbol, extended);
    }
    writeHeader(this.writer, composite);
    return composite;
  }
}

function tooLong(sizeBytes: number, root: string): MobulaError {
  const node = `Node ${process.versions.node}`;
  const reason = `it has a binary part of ${sizeBytes} bytes, and ${node} can look at`;
  return cannotSend(
    root,
    `${reason} ${REGION_BYTES_MAX} at once; use Node 22 or later, or send it in parts`,
  );
}
