/**
 * MessagePack primitives over a growing buffer: the alphabet of every frame and every value.
 * What the primitives mean (values, frames) is decided in `values/` and `wire/`.
 * Format: https://github.com/msgpack/msgpack/blob/master/spec.md
 *
 * Hot path: every task and every result passes through here.
 */

const TWO_32 = 0x1_0000_0000;
/** Shorter strings are copied by a loop; longer ones are worth a native call. */
const SHORT_STRING_CHARS = 24;
const LONG_STRING_CHARS = 1024;
const utf8 = new TextEncoder();

export class MsgpackWriter {
  bytes: Buffer;
  /** Number of bytes written. Set it back to drop what was written since. */
  position = 0;

  /** Of all of `bytes`: floats are written by one instruction. */
  #view: DataView;

  constructor(sizeBytes = 8192) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes and returns where they begin. */
  reserve(count: number): number {
    const start = this.position;
    const end = start + count;
    if (end > this.bytes.length) this.#grow(end);
    this.position = end;
    return start;
  }

  #grow(neededBytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  nil(): void {
    this.#byte(0xc0);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2);
  }

  /** Integers take the shortest form; everything else, −0 included, is a 64-bit float. */
  number(value: number): void {
    if (Number.isSafeInteger(value) && !(value === 0 && 1 / value < 0)) this.integer(value);
    else this.float(value);
  }

  /** Precondition: `value` is a safe integer. */
  integer(value: number): void {
    if (value >= 0) {
      if (value < 0x80) this.#byte(value);
      else if (value < 0x100) this.#head1(0xcc, value);
      else if (value < 0x10000) this.#head2(0xcd, value);
      else if (value < TWO_32) this.#head4(0xce, value);
      else this.#head8(0xcf, Math.floor(value / TWO_32), value >>> 0);
    } else if (value >= -32) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#head1(0xd0, value & 0xff);
    else if (value >= -0x8000) this.#head2(0xd1, value & 0xffff);
    else if (value >= -0x8000_0000) this.#head4(0xd2, value >>> 0);
    else this.#head8(0xd3, Math.floor(value / TWO_32) >>> 0, value >>> 0);
  }

  float(value: number): void {
    const at = this.reserve(9);
    this.bytes[at] = 0xcb;
    this.#view.setFloat64(at + 1, value);
  }

  /** Precondition: `text` has no lone surrogates (UTF-8 cannot carry them). */
  string(text: string): void {
    const length = text.length;
    if (length < SHORT_STRING_CHARS && this.#shortAscii(text, length)) return;
    if (length >= LONG_STRING_CHARS) return this.#longString(text, length);
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const start = this.reserve(3 + length * 3);
    const written = this.bytes.write(text, start + 3, "utf8");
    this.position = start;
    this.#head2(0xda, written);
    this.position = start + 3 + written;
  }

  /** Room for ASCII first, which most long strings are; the rest takes up to 3 bytes a unit. */
  #longString(text: string, length: number): void {
    const start = this.reserve(5 + length);
    let { read, written } = utf8.encodeInto(
      text,
      this.bytes.subarray(start + 5, start + 5 + length),
    );
    if (read < length) {
      const at = start + 5 + written;
      this.reserve((length - read) * 3);
      written += utf8.encodeInto(text.slice(read), this.bytes.subarray(at)).written;
    }
    this.position = start;
    this.#head4(0xdb, written);
    this.position = start + 5 + written;
  }

  #shortAscii(text: string, length: number): boolean {
    const start = this.reserve(length + 1);
    const bytes = this.bytes;
    bytes[start] = 0xa0 | length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.position = start;
        return false;
      }
      bytes[start + 1 + i] = code;
    }
    return true;
  }

  binary(data: Uint8Array): void {
    const length = data.length;
    if (length < 0x100) this.#head1(0xc4, length);
    else if (length < 0x10000) this.#head2(0xc5, length);
    else this.#head4(0xc6, length);
    this.raw(data);
  }

  /** Bytes that are msgpack already, or that a header announced. */
  raw(data: Uint8Array): void {
    const at = this.reserve(data.length);
    this.bytes.set(data, at);
  }

  arrayHeader(count: number): void {
    if (count < 16) this.#byte(0x90 | count);
    else if (count < 0x10000) this.#head2(0xdc, count);
    else this.#head4(0xdd, count);
  }

  mapHeader(count: number): void {
    if (count < 16) this.#byte(0x80 | count);
    else if (count < 0x10000) this.#head2(0xde, count);
    else this.#head4(0xdf, count);
  }

  /** Header of an extension of `type` whose `sizeBytes` bytes of payload follow. */
  extensionHeader(type: number, sizeBytes: number): void {
    if (sizeBytes === 1 || sizeBytes === 2 || sizeBytes === 4) this.#byte(0xd4 + (sizeBytes >> 1));
    else if (sizeBytes === 8) this.#byte(0xd7);
    else if (sizeBytes === 16) this.#byte(0xd8);
    else if (sizeBytes < 0x100) this.#head1(0xc7, sizeBytes);
    else if (sizeBytes < 0x10000) this.#head2(0xc8, sizeBytes);
    else this.#head4(0xc9, sizeBytes);
    this.#byte(type);
  }

  #byte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  #head1(head: number, value: number): void {
    const at = this.reserve(2);
    this.bytes[at] = head;
    this.bytes[at + 1] = value;
  }

  #head2(head: number, value: number): void {
    const at = this.reserve(3);
    const bytes = this.bytes;
    bytes[at] = head;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value;
  }

  #head4(head: number, value: number): void {
    const at = this.reserve(5);
    const bytes = this.bytes;
    bytes[at] = head;
    bytes[at + 1] = value >>> 24;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 8;
    bytes[at + 4] = value;
  }

  #head8(head: number, high: number, low: number): void {
    const at = this.reserve(9);
    this.bytes[at] = head;
    this.bytes.writeUInt32BE(high, at + 1);
    this.bytes.writeUInt32BE(low, at + 5);
  }
}

/** What the next item is, without its content. */
export type MsgpackKind =
  "nil" | "boolean" | "integer" | "float" | "string" | "binary" | "array" | "map" | "extension";

/** Every read checks bounds: `bytes` may come from anyone. */
export class MsgpackReader {
  bytes: Buffer;
  position: number;
  end: number;

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** Points the reader at other bytes: readers of hot paths are used again. */
  reset(bytes: Buffer, position: number, end: number): void {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  kind(): MsgpackKind {
    const head = this.peek();
    if (head < 0x80 || head >= 0xe0) return "integer";
    if (head < 0x90) return "map";
    if (head < 0xa0) return "array";
    if (head < 0xc0) return "string";
    const kind = KINDS[head - 0xc0];
    if (kind === undefined) throw new MalformedMsgpackError(`reserved byte 0x${head.toString(16)}`);
    return kind;
  }

  peek(): number {
    if (this.position >= this.end) throw new MalformedMsgpackError("the bytes end inside a value");
    return this.bytes[this.position]!;
  }

  /** Takes `count` bytes and returns where they begin. */
  take(count: number): number {
    const start = this.position;
    if (count > this.end - start) throw new MalformedMsgpackError("the bytes end inside a value");
    this.position = start + count;
    return start;
  }

  boolean(): boolean {
    const head = this.#head();
    if (head === 0xc3) return true;
    if (head === 0xc2) return false;
    throw unexpected("a boolean", head);
  }

  /** Reads nil and returns true, or leaves everything as it is. */
  takeNil(): boolean {
    if (this.peek() !== 0xc0) return false;
    this.position++;
    return true;
  }

  /** An integer or a float. */
  number(): number {
    const head = this.#head();
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case 0xca:
        return this.bytes.readFloatBE(this.take(4));
      case 0xcb:
        return this.#float64();
      case 0xcc:
        return this.bytes[this.take(1)]!;
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return this.#uint64();
      case 0xd0:
        return this.bytes.readInt8(this.take(1));
      case 0xd1:
        return this.bytes.readInt16BE(this.take(2));
      case 0xd2:
        return this.bytes.readInt32BE(this.take(4));
      case 0xd3:
        return this.#int64();
      default:
        throw unexpected("a number", head);
    }
  }

  /** Of all of `#viewed`, made for the first float in it. */
  #view: DataView | undefined;
  #viewed: Buffer | undefined;

  #float64(): number {
    const at = this.take(8);
    const { bytes } = this;
    if (this.#viewed !== bytes) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.#view!.getFloat64(at);
  }

  #uint16(): number {
    const at = this.take(2);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  #uint32(): number {
    const at = this.take(4);
    const { bytes } = this;
    return (
      bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
    );
  }

  #uint64(): number {
    const at = this.take(8);
    return this.bytes.readUInt32BE(at) * TWO_32 + this.bytes.readUInt32BE(at + 4);
  }

  #int64(): number {
    const at = this.take(8);
    return this.bytes.readInt32BE(at) * TWO_32 + this.bytes.readUInt32BE(at + 4);
  }

  string(): string {
    const length = this.#stringLength();
    const start = this.take(length);
    if (length < 16) {
      const short = this.#shortAscii(start, length);
      if (short !== undefined) return short;
    }
    return this.bytes.toString("utf8", start, start + length);
  }

  #stringLength(): number {
    const head = this.#head();
    if (head >= 0xa0 && head < 0xc0) return head & 0x1f;
    if (head === 0xd9) return this.bytes[this.take(1)]!;
    if (head === 0xda) return this.bytes.readUInt16BE(this.take(2));
    if (head === 0xdb) return this.bytes.readUInt32BE(this.take(4));
    throw unexpected("a string", head);
  }

  #shortAscii(start: number, length: number): string | undefined {
    const bytes = this.bytes;
    const end = start + length;
    let at = start;
    let text = "";
    // Strings grow by copying: four characters at a time.
    for (; at + 4 <= end; at += 4) {
      const [one, two, three, four] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
      if ((one | two | three | four) > 0x7f) return undefined;
      text += String.fromCharCode(one, two, three, four);
    }
    for (; at < end; at++) {
      const code = bytes[at]!;
      if (code > 0x7f) return undefined;
      text += String.fromCharCode(code);
    }
    return text;
  }

  /** A view of the bytes, not a copy: it is valid as long as the bytes underneath are. */
  binary(): Buffer {
    const head = this.#head();
    let length: number;
    if (head === 0xc4) length = this.bytes[this.take(1)]!;
    else if (head === 0xc5) length = this.bytes.readUInt16BE(this.take(2));
    else if (head === 0xc6) length = this.bytes.readUInt32BE(this.take(4));
    else throw unexpected("binary", head);
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Every element takes at least one byte, so the count is bounded by the bytes that are left. */
  arrayHeader(): number {
    const head = this.#head();
    if (head >= 0x90 && head < 0xa0) return this.#bounded(head & 0x0f, 1);
    if (head === 0xdc) return this.#bounded(this.bytes.readUInt16BE(this.take(2)), 1);
    if (head === 0xdd) return this.#bounded(this.bytes.readUInt32BE(this.take(4)), 1);
    throw unexpected("an array", head);
  }

  mapHeader(): number {
    const head = this.#head();
    if (head >= 0x80 && head < 0x90) return this.#bounded(head & 0x0f, 2);
    if (head === 0xde) return this.#bounded(this.bytes.readUInt16BE(this.take(2)), 2);
    if (head === 0xdf) return this.#bounded(this.bytes.readUInt32BE(this.take(4)), 2);
    throw unexpected("a map", head);
  }

  /** Returns the payload's length in bytes; the type is in `extensionType`, the payload follows. */
  extensionHeader(): number {
    const head = this.#head();
    let length: number;
    if (head >= 0xd4 && head <= 0xd8) length = 1 << (head - 0xd4);
    else if (head === 0xc7) length = this.bytes[this.take(1)]!;
    else if (head === 0xc8) length = this.bytes.readUInt16BE(this.take(2));
    else if (head === 0xc9) length = this.bytes.readUInt32BE(this.take(4));
    else throw unexpected("an extension", head);
    this.extensionType = this.bytes[this.take(1)]!;
    if (length > this.end - this.position)
      throw new MalformedMsgpackError("an extension is cut off");
    return length;
  }

  /** Passes over one whole value. Iterative: what nests deeply cannot overflow the stack. */
  skip(): void {
    let left = 1;
    while (left > 0) {
      left--;
      switch (this.kind()) {
        case "nil":
        case "boolean":
          this.position++;
          break;
        case "integer":
        case "float":
          this.number();
          break;
        case "string":
          this.take(this.#stringLength());
          break;
        case "binary":
          this.binary();
          break;
        case "array":
          left += this.arrayHeader();
          break;
        case "map":
          left += 2 * this.mapHeader();
          break;
        case "extension":
          this.take(this.extensionHeader());
      }
    }
  }

  /** Type of the extension whose header was read last. */
  extensionType = 0;

  #bounded(count: number, bytesEach: number): number {
    if (count * bytesEach > this.end - this.position) {
      throw new MalformedMsgpackError(`${count} elements announced, too few bytes left`);
    }
    return count;
  }

  #head(): number {
    const head = this.peek();
    this.position++;
    return head;
  }
}

/** The bytes do not follow the format: what they came from is not to be trusted. */
export class MalformedMsgpackError extends Error {
  override readonly name = "MalformedMsgpackError";
  constructor(reason: string) {
    super(`Cannot read message: ${reason}`);
  }
}

function unexpected(wanted: string, head: number): MalformedMsgpackError {
  return new MalformedMsgpackError(`expected ${wanted}, found 0x${head.toString(16)}`);
}

/** Kinds of the heads 0xc0 to 0xdf; 0xc1 is reserved. */
const KINDS: readonly (MsgpackKind | undefined)[] = [
  "nil",
  undefined,
  "boolean",
  "boolean",
  "binary",
  "binary",
  "binary",
  "extension",
  "extension",
  "extension",
  "float",
  "float",
  "integer",
  "integer",
  "integer",
  "integer",
  "integer",
  "integer",
  "integer",
  "integer",
  "extension",
  "extension",
  "extension",
  "extension",
  "extension",
  "string",
  "string",
  "string",
  "array",
  "array",
  "map",
  "map",
];
