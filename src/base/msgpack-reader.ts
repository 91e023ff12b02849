/** Reads MessagePack primitives; see `msgpack.ts`. Hot path. */

const TWO_32 = 0x1_0000_0000;

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
