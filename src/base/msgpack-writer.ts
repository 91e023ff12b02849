/** Writes MessagePack primitives; see `msgpack.ts`. Hot path. */

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
    const room = this.bytes.subarray(start + 5, start + 5 + length);
    const { read, written: ahead } = utf8.encodeInto(text, room);
    let written = ahead;
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
