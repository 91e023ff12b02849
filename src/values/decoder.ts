import { MalformedMsgpackError, MsgpackReader } from "../base/msgpack.ts";
import type { DecodeContext } from "./decode-context.ts";
import * as ext from "./extension-types.ts";
import { ArrayFrame, Frame, ObjectFrame, setProperty, stringOf } from "./frames.ts";
import { takeKey } from "./keys.ts";
import { readDate, readPrimitive, readText } from "./leaves.ts";
import { InstanceFrame, InstanceLayouts } from "./instance-layout.ts";
import type { InstanceLayout } from "./instance-layout.ts";
import { DEPTH_MAX, RECURSION_DEPTH_MAX } from "./limits.ts";
import { entryLabel } from "./path.ts";
import { readRegion, readView } from "./memory.ts";
import type { Memory } from "./memory.ts";
import { FailedForm, withStep } from "./failed-form.ts";
import { openFrame } from "./special-frames.ts";

/** Below this number extension types are leaves, from it on tags. */
const TAG_MIN = ext.PRELUDE;
const FIXEXT_1 = 0xd4;
/**
 * Arrays up to this length get their room at once: an array that grows reserves 16 places. Longer
 * ones grow: they may announce more than comes.
 */
const ROOM_MAX = 1024;

const noReader = new MsgpackReader(Buffer.alloc(0));
const noContext: DecodeContext = { buffers: [], create: () => ({}), fill: () => undefined };
const noRegions: readonly Memory[] = [];

/**
 * Reads one value at a time. Plain objects and arrays go by recursion, which is fastest; below
 * RECURSION_DEPTH_MAX everything goes by a stack of frames.
 */
export class Decoder {
  #reader = noReader;
  #context = noContext;
  /**
   * What REFERENCE can point to, by number; a frame as long as the object is being read. Kept only
   * for a value with PRELUDE.
   */
  #objects: (object | Frame)[] | undefined;
  #regions = noRegions;
  #layouts: InstanceLayouts | undefined;
  #depth = 0;

  decode(reader: MsgpackReader, context: DecodeContext): unknown {
    this.#reader = reader;
    this.#context = context;
    try {
      return this.#value();
    } catch (error) {
      throw error instanceof FailedForm ? error.toError() : error;
    }
  }

  /** Lets go of the value and of where it was read. */
  clear(): void {
    this.#reader = noReader;
    this.#context = noContext;
    this.#objects = undefined;
    this.#regions = noRegions;
    this.#layouts = undefined;
    this.#depth = 0;
  }

  #value(): unknown {
    const reader = this.#reader;
    const head = reader.peek();
    if (head < 0x80) {
      reader.position++;
      return head;
    }
    if (head < 0x90) return this.#map();
    if (head < 0xa0) return this.#array();
    if (head < 0xc0) return reader.string();
    if (head >= 0xe0) {
      reader.position++;
      return head - 0x100;
    }
    return this.#long(head);
  }

  /** An item whose first byte says only what it is. In the order of these bytes. */
  #long(head: number): unknown {
    const reader = this.#reader;
    if (head < 0xc4) return this.#constant(head);
    if (head < 0xc7) return this.#track(Buffer.from(reader.binary()));
    if (head < 0xca) return this.#leaf();
    if (head < 0xd4) return this.#number(head);
    if (head < 0xd9) return this.#leaf();
    if (head < 0xdc) return readText(reader);
    if (head < 0xde) return this.#array();
    return this.#map();
  }

  #constant(head: number): boolean | null {
    if (head === 0xc1) throw new MalformedMsgpackError("reserved byte 0xc1");
    this.#reader.position++;
    return head === 0xc0 ? null : head === 0xc3;
  }

  #number(head: number): number {
    const number = this.#reader.number();
    const isInteger = head > 0xcb;
    if (isInteger && !Number.isSafeInteger(number)) {
      throw new MalformedMsgpackError(`the integer ${number} is not exact; it must be a BIGINT`);
    }
    return number;
  }

  #track<T extends object>(object: T): T {
    this.#objects?.push(object);
    return object;
  }

  #map(): unknown {
    if (this.#depth >= RECURSION_DEPTH_MAX) return this.#descend();
    let count = this.#reader.mapHeader();
    const object = this.#track({});
    this.#depth++;
    let key: string | undefined;
    try {
      for (; count > 0; count--) {
        key = takeKey(this.#reader) ?? stringOf(this.#value());
        setProperty(object, key, this.#value());
      }
    } catch (error) {
      throw withStep(error, key);
    }
    this.#depth--;
    return object;
  }

  #array(): unknown {
    if (this.#depth >= RECURSION_DEPTH_MAX) return this.#descend();
    const count = this.#reader.arrayHeader();
    const tag = count > 0 ? this.#takeTag() : undefined;
    if (tag !== undefined) return this.#tagged(tag, count - 1);
    const array = this.#track(new Array<unknown>(count <= ROOM_MAX ? count : 0));
    this.#depth++;
    let i = 0;
    try {
      for (; i < count; i++) array[i] = this.#value();
    } catch (error) {
      throw withStep(error, i);
    }
    this.#depth--;
    return array;
  }

  #tagged(tag: number, count: number): unknown {
    if (tag === ext.INSTANCE || tag === ext.LAYOUT) return this.#instance(tag, count);
    if (tag === ext.PRELUDE) return this.#afterPrelude(count);
    if (tag === ext.MAP && count % 2 === 0) return this.#mapEntries(count);
    if (tag === ext.SET) return this.#setMembers(count);
    const frame = openFrame(tag, count, this.#context);
    const number = this.#begin(tag, frame);
    this.#depth++;
    while (frame.remaining > 0) take(frame, this.#value());
    this.#depth--;
    return this.#finish(frame, number);
  }

  #instance(tag: number, count: number): object {
    const layouts = (this.#layouts ??= new InstanceLayouts());
    const layout =
      tag === ext.INSTANCE
        ? layouts.get(this.#value(), count - 1)
        : this.#readLayout(layouts, count);
    const { keys } = layout;
    const instance = this.#track(layout.create());
    this.#depth++;
    let i = 0;
    try {
      for (; i < keys.length; i++) {
        const value = this.#value();
        layout.set(instance, keys[i]!, value, layouts.changes);
      }
    } catch (error) {
      throw withStep(error, keys[i]);
    }
    this.#depth--;
    return instance;
  }

  #readLayout(layouts: InstanceLayouts, count: number): InstanceLayout {
    const owner = this.#value();
    const length = this.#value();
    if (typeof length !== "number" || 2 * length + 2 !== count) {
      throw new MalformedMsgpackError(`a layout of ${String(length)} keys in ${count} parts`);
    }
    const keys: string[] = [];
    while (keys.length < length) keys.push(takeKey(this.#reader) ?? stringOf(this.#value()));
    return layouts.add(owner, keys);
  }

  #mapEntries(count: number): Map<unknown, unknown> {
    const map = this.#track(new Map<unknown, unknown>());
    this.#depth++;
    let key: unknown;
    try {
      for (let i = 0; i < count; i += 2) {
        key = this.#value();
        map.set(key, this.#value());
      }
    } catch (error) {
      throw withStep(error, { label: () => entryLabel(key, map.size) });
    }
    this.#depth--;
    return map;
  }

  #setMembers(count: number): Set<unknown> {
    const set = this.#track(new Set<unknown>());
    this.#depth++;
    try {
      for (let i = 0; i < count; i++) set.add(this.#value());
    } catch (error) {
      throw withStep(error, { label: () => `.values()[${set.size}]` });
    }
    this.#depth--;
    return set;
  }

  /** Gives the frame its number; -1 if it needs none. */
  #begin(tag: number | undefined, frame: Frame): number {
    const isSymbol = tag === ext.SYMBOL_REGISTERED || tag === ext.SYMBOL_WELL_KNOWN;
    if (this.#objects === undefined || isSymbol) return -1;
    return this.#objects.push(frame) - 1;
  }

  #finish(frame: Frame, number: number): unknown {
    const value = frame.finish();
    // Code may have run: classes are completed, objects make themselves of their forms.
    if (this.#layouts !== undefined) this.#layouts.changes++;
    if (number >= 0) this.#objects![number] = value as object;
    return value;
  }

  /** Consumes the tag of an array that stands for something else. */
  #takeTag(): number | undefined {
    const { bytes, position, end } = this.#reader;
    if (bytes[position] !== FIXEXT_1 || end - position < 3) return undefined;
    const type = bytes[position + 1]!;
    if (type < TAG_MIN || type > ext.RUNTIME_TYPE_MAX) return undefined;
    this.#reader.position += 3;
    return type;
  }

  #afterPrelude(count: number): unknown {
    if (this.#objects !== undefined || this.#depth > 0 || count === 0) {
      throw new MalformedMsgpackError("a prelude in the wrong place");
    }
    const regions: Memory[] = [];
    for (let i = 1; i < count; i++) regions.push(readRegion(this.#reader, this.#context.buffers));
    this.#regions = regions;
    this.#objects = [];
    return this.#value();
  }

  #leaf(): unknown {
    const reader = this.#reader;
    const sizeBytes = reader.extensionHeader();
    const type = reader.extensionType;
    switch (type) {
      case ext.REFERENCE:
        return this.#reference(sizeBytes);
      case ext.DATE:
        return this.#track(readDate(reader, sizeBytes));
      case ext.VIEW:
        return this.#track(readView(reader, sizeBytes, this.#regions));
      default:
        return readPrimitive(reader, type, sizeBytes);
    }
  }

  #reference(sizeBytes: number): object {
    if (sizeBytes !== 1 && sizeBytes !== 2 && sizeBytes !== 4) {
      throw new MalformedMsgpackError(`a reference of ${sizeBytes} bytes`);
    }
    const number = this.#reader.bytes.readUIntBE(this.#reader.take(sizeBytes), sizeBytes);
    const found = this.#objects?.[number];
    const object = found instanceof Frame ? found.object : found;
    if (object === undefined)
      throw new MalformedMsgpackError(`object ${number} does not exist yet`);
    return object;
  }

  /** Reads the array or map that comes next, and all below it, without recursion. */
  #descend(): unknown {
    const stack: OpenFrame[] = [];
    for (;;) {
      const kind = this.#reader.kind();
      if (kind === "array" || kind === "map") {
        if (stack.length === DEPTH_MAX) throw new MalformedMsgpackError("too many levels");
        stack.push(this.#openFrame(kind));
      } else take(stack.at(-1)!.frame, this.#value());
      while (stack.at(-1)!.frame.remaining === 0) {
        const { frame, number } = stack.pop()!;
        const value = this.#finish(frame, number);
        if (stack.length === 0) return value;
        take(stack.at(-1)!.frame, value);
      }
    }
  }

  #openFrame(kind: "array" | "map"): OpenFrame {
    let tag: number | undefined;
    let frame: Frame;
    if (kind === "map") frame = new ObjectFrame(this.#reader.mapHeader() * 2, {});
    else {
      const count = this.#reader.arrayHeader();
      tag = count > 0 ? this.#takeTag() : undefined;
      frame = tag === undefined ? new ArrayFrame(count) : this.#taggedFrame(tag, count - 1);
    }
    return { frame, number: this.#begin(tag, frame) };
  }

  #taggedFrame(tag: number, count: number): Frame {
    if (tag !== ext.INSTANCE && tag !== ext.LAYOUT) return openFrame(tag, count, this.#context);
    return new InstanceFrame(tag, count, (this.#layouts ??= new InstanceLayouts()));
  }
}

interface OpenFrame {
  readonly frame: Frame;
  readonly number: number;
}

function take(frame: Frame, part: unknown): void {
  frame.remaining--;
  frame.accept(part);
}
