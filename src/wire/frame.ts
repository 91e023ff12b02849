/**
 * Frames: how messages lie on a stream. Header, buffer lengths, body, buffers:
 *
 *     0  u32le  frameBytes   bytes after the header
 *     4  u8     kind
 *     5  u8     flags        reserved, 0
 *     6  u16le  bufferCount
 *     8  u32le  destination  process id; 0 is whoever reads it
 *    12  u32le  bodyBytes
 *    16  u32le  length of each buffer
 *        body (msgpack), then the buffers one after the other
 *
 * A frame can be passed on without reading its body.
 */

import { MsgpackWriter } from "../base/msgpack.ts";
import {
  FRAME_BODY_BYTES_MAX,
  FRAME_BUFFERS_MAX,
  FRAME_BYTES_MAX,
  LINK_FLUSH_BYTES,
} from "../base/limits.ts";
import { SerializationError } from "../base/errors.ts";

const FRAME_HEADER_BYTES = 16;

/** What a link gives to its reader. `bytes[start, end)` is the body, valid during the call. */
export type FrameHandler = (
  kind: number,
  bytes: Buffer,
  start: number,
  end: number,
  buffers: readonly Buffer[],
) => void;

const NO_BUFFERS: readonly Buffer[] = [];

/** Most links carry little: the buffer of one that carries more grows. */
const FIRST_BUFFER_BYTES = 4096;

/** Collects frames until they are taken to be written. Hot path. */
export class FrameWriter {
  readonly body: MsgpackWriter;
  #frameStart = 0;
  #bufferCount = 0;

  constructor(roomBytes = FIRST_BUFFER_BYTES) {
    this.body = new MsgpackWriter(roomBytes);
  }

  get sizeBytes(): number {
    return this.body.position;
  }

  /** Begins a frame; the body is then written to `body`, and `end` closes it. */
  begin(kind: number, bufferCount = 0, destination = 0): void {
    if (bufferCount > FRAME_BUFFERS_MAX) throw tooManyBuffers(bufferCount);
    const start = this.body.reserve(FRAME_HEADER_BYTES + 4 * bufferCount);
    this.#frameStart = start;
    this.#bufferCount = bufferCount;
    const bytes = this.body.bytes;
    bytes[start + 4] = kind;
    bytes[start + 5] = 0;
    bytes[start + 6] = bufferCount;
    bytes[start + 7] = bufferCount >>> 8;
    writeUInt32(bytes, start + 8, destination);
  }

  /** Closes the frame. `buffers` are copied behind the body unless they go out by themselves. */
  end(buffersBytes = 0): void {
    const start = this.#frameStart;
    const bytes = this.body.bytes;
    const tableBytes = 4 * this.#bufferCount;
    const bodyBytes = this.body.position - start - FRAME_HEADER_BYTES - tableBytes;
    const frameBytes = tableBytes + bodyBytes + buffersBytes;
    if (bodyBytes > FRAME_BODY_BYTES_MAX || frameBytes > FRAME_BYTES_MAX) {
      this.body.position = start;
      throw tooLarge(frameBytes);
    }
    writeUInt32(bytes, start, frameBytes);
    writeUInt32(bytes, start + 12, bodyBytes);
  }

  /** Writes the length of buffer `index` of the frame that is open. */
  bufferLength(index: number, sizeBytes: number): void {
    writeUInt32(this.body.bytes, this.#frameStart + FRAME_HEADER_BYTES + 4 * index, sizeBytes);
  }

  /** Drops the frame that is open. */
  abandon(): void {
    this.body.position = this.#frameStart;
  }
}

export function tooLarge(sizeBytes: number, path = ""): SerializationError {
  return new SerializationError(
    `Cannot send ${path === "" ? "value" : path}: it takes ${sizeBytes} bytes, ` +
      `at most ${FRAME_BYTES_MAX} bytes ` +
      "fit into a message; send it in parts, or a path to a file",
    { path, sizeBytes, limitBytes: FRAME_BYTES_MAX },
  );
}

export function tooManyBuffers(count: number, path = ""): SerializationError {
  return new SerializationError(
    `Cannot send ${path === "" ? "value" : path}: it has ${count} large binary parts, ` +
      `at most ${FRAME_BUFFERS_MAX} fit into a message; put some of them together`,
    { path, count },
  );
}

function writeUInt32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function readUInt32(bytes: Buffer, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

/** The bytes are no frames: the link is to be closed. */
export class MalformedFrameError extends Error {
  override readonly name = "MalformedFrameError";
}

/**
 * Cuts a stream into frames, whatever the sizes of its chunks. Frames that lie whole in a chunk
 * are handed on in place; each buffer gets an ArrayBuffer of its own, as a clone would have.
 */
export class FrameParser {
  readonly #handler: FrameHandler;
  /** Longer frames are refused. */
  frameBytesMax = FRAME_BYTES_MAX;
  /** The beginning of a frame whose end has not come. */
  #head: Buffer = Buffer.alloc(0);
  #large: LargeFrame | undefined;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Throws MalformedFrameError; whatever the handler throws passes through. */
  push(chunk: Buffer): void {
    let at = 0;
    if (this.#large !== undefined) {
      at = this.#large.take(chunk, 0);
      if (!this.#large.complete) return;
      this.#finishLarge();
    }
    let bytes = chunk;
    if (this.#head.length > 0) {
      bytes = Buffer.concat([this.#head, at === 0 ? chunk : chunk.subarray(at)]);
      this.#head = Buffer.alloc(0);
      at = 0;
    }
    this.#cut(bytes, at);
  }

  #cut(bytes: Buffer, from: number): void {
    let at = from;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const frameBytes = readUInt32(bytes, at);
      const bufferCount = bytes[at + 6]! | (bytes[at + 7]! << 8);
      const bodyBytes = readUInt32(bytes, at + 12);
      checkLengths(frameBytes, bufferCount, bodyBytes);
      if (frameBytes > this.frameBytesMax) throw tooLong(frameBytes, this.frameBytesMax);
      const bodyStart = at + FRAME_HEADER_BYTES + 4 * bufferCount;
      const bodyEnd = bodyStart + bodyBytes;
      const end = at + FRAME_HEADER_BYTES + frameBytes;
      if (bufferCount === 0 && end <= bytes.length) {
        const kind = bytes[at + 4]!;
        at = end;
        this.#handler(kind, bytes, bodyStart, bodyEnd, NO_BUFFERS);
      } else if (bodyStart <= bytes.length && (bufferCount > 0 || frameBytes > LINK_FLUSH_BYTES)) {
        this.#large = new LargeFrame(bytes, at, bufferCount, bodyBytes, frameBytes);
        at = this.#large.take(bytes, bodyStart);
        if (!this.#large.complete) return;
        this.#finishLarge();
      } else break;
    }
    if (at < bytes.length) this.#head = Buffer.from(bytes.subarray(at));
  }

  #finishLarge(): void {
    const frame = this.#large!;
    this.#large = undefined;
    this.#handler(frame.kind, frame.body, 0, frame.body.length, frame.buffers);
  }
}

function tooLong(frameBytes: number, frameBytesMax: number): MalformedFrameError {
  return new MalformedFrameError(
    `Cannot read frame: ${frameBytes} bytes announced, at most ${frameBytesMax} are taken`,
  );
}

function checkLengths(frameBytes: number, bufferCount: number, bodyBytes: number): void {
  if (frameBytes > FRAME_BYTES_MAX || bodyBytes + 4 * bufferCount > frameBytes) {
    throw new MalformedFrameError(
      `Cannot read frame: ${frameBytes} bytes with a body of ${bodyBytes} and ` +
        `${bufferCount} buffers; the other side does not speak this protocol`,
    );
  }
  if (bufferCount === 0 && bodyBytes !== frameBytes) {
    throw new MalformedFrameError(
      `Cannot read frame: ${frameBytes} bytes announced, its parts have ${bodyBytes}`,
    );
  }
}

/** A frame with buffers, or larger than a chunk: filled piece by piece. */
class LargeFrame {
  readonly kind: number;
  readonly body: Buffer;
  readonly buffers: Buffer[] = [];
  #part = 0;
  #filled = 0;

  constructor(
    bytes: Buffer,
    at: number,
    bufferCount: number,
    bodyBytes: number,
    frameBytes: number,
  ) {
    this.kind = bytes[at + 4]!;
    let sum = 4 * bufferCount + bodyBytes;
    const lengths: number[] = [];
    for (let i = 0; i < bufferCount; i++) {
      const length = readUInt32(bytes, at + FRAME_HEADER_BYTES + 4 * i);
      sum += length;
      lengths.push(length);
    }
    if (sum !== frameBytes) {
      throw new MalformedFrameError(
        `Cannot read frame: ${frameBytes} bytes announced, its parts have ${sum}`,
      );
    }
    this.body = Buffer.allocUnsafeSlow(bodyBytes);
    for (const length of lengths) this.buffers.push(Buffer.allocUnsafeSlow(length));
  }

  get complete(): boolean {
    return this.#part > this.buffers.length;
  }

  /** Takes what belongs to the frame from `bytes` and returns where the rest begins. */
  take(bytes: Buffer, from: number): number {
    let at = from;
    while (!this.complete) {
      const part = this.#part === 0 ? this.body : this.buffers[this.#part - 1]!;
      const count = Math.min(part.length - this.#filled, bytes.length - at);
      bytes.copy(part, this.#filled, at, at + count);
      at += count;
      this.#filled += count;
      if (this.#filled < part.length) break;
      this.#part++;
      this.#filled = 0;
    }
    return at;
  }
}
