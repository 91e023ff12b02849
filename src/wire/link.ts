/**
 * A link carries frames between two processes, in order. What is sent in one tick goes out as one
 * write. A malformed frame ends the link, nothing else.
 */

import { FrameParser, FrameWriter, tooLarge, type FrameHandler } from "./frame.ts";
import { FRAME_BUFFER_BYTES_MAX, LINK_FLUSH_BYTES } from "../base/limits.ts";
import type { MsgpackWriter } from "../base/msgpack.ts";
import type { Transport } from "./transport.ts";

/** Called once, when the link is over; `cause` says why if it was not closed on purpose. */
export type CloseHandler = (cause: Error | undefined) => void;

/** Hands a link over to who reads it from now on. */
export type TakeLink = (onFrame: FrameHandler, onClose: CloseHandler) => Link;

const NO_BUFFERS: readonly Uint8Array[] = [];
/** Buffers below this size are copied behind the body; larger ones are written by themselves. */
const COPIED_BUFFER_BYTES_MAX = 32 * 1024;
/** Of the buffer in which frames are collected. */
const KEPT_BUFFER_BYTES_MAX = 16 * LINK_FLUSH_BYTES;

export class Link {
  readonly #transport: Transport;
  readonly #onClose: CloseHandler;
  readonly #parser: FrameParser;
  #writer = new FrameWriter();
  #flushScheduled = false;
  #open = true;

  constructor(transport: Transport, onFrame: FrameHandler, onClose: CloseHandler) {
    this.#transport = transport;
    this.#onClose = onClose;
    this.#parser = new FrameParser(onFrame);
    transport.start({
      data: (chunk) => {
        if (!this.#open) return;
        try {
          this.#parser.push(chunk);
        } catch (error) {
          this.#fail(error instanceof Error ? error : new Error(String(error)));
        }
      },
      closed: (cause) => this.#end(cause),
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Longer frames of the other side end the link. */
  limitFrames(frameBytesMax: number): void {
    this.#parser.frameBytesMax = frameBytesMax;
  }

  /** Begins a frame and returns where its body is written; `end` must follow in the same turn. */
  begin(kind: number, bufferCount = 0): MsgpackWriter {
    this.#writer.begin(kind, bufferCount);
    return this.#writer.body;
  }

  /** Ends the frame. `buffers` may be changed by their owner only when they were copied. */
  end(buffers: readonly Uint8Array[] = NO_BUFFERS): void {
    if (buffers.length === 0) this.#writer.end();
    else this.#endWithBuffers(buffers);
    if (this.#writer.sizeBytes >= LINK_FLUSH_BYTES) this.flush();
    else if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      queueMicrotask(() => {
        if (this.#flushScheduled) this.flush();
      });
    }
  }

  /** Takes back the frame that was begun. */
  abandon(): void {
    this.#writer.abandon();
  }

  #endWithBuffers(buffers: readonly Uint8Array[]): void {
    let sum = 0;
    buffers.forEach((buffer, index) => {
      if (buffer.byteLength > FRAME_BUFFER_BYTES_MAX) {
        this.#writer.abandon();
        throw tooLarge(buffer.byteLength);
      }
      this.#writer.bufferLength(index, buffer.byteLength);
      sum += buffer.byteLength;
    });
    this.#writer.end(sum);
    for (const buffer of buffers) {
      if (buffer.byteLength <= COPIED_BUFFER_BYTES_MAX) this.#writer.body.raw(buffer);
      else {
        this.flush();
        if (this.#open) this.#transport.write(asBuffer(buffer));
      }
    }
  }

  /** Writes out what was sent so far. */
  flush(): void {
    this.#flushScheduled = false;
    const body = this.#writer.body;
    if (body.position === 0) return;
    const hasLeft = !this.#open || this.#transport.write(body.bytes.subarray(0, body.position));
    const roomBytes = body.bytes.length;
    // A buffer that a large message has made grow is not kept.
    if (roomBytes > KEPT_BUFFER_BYTES_MAX) this.#writer = new FrameWriter();
    else if (hasLeft) body.position = 0;
    else this.#writer = new FrameWriter(Math.min(roomBytes, 2 * LINK_FLUSH_BYTES));
  }

  /** Ends the link after what was sent. `onClose` follows without a cause. */
  close(): void {
    if (!this.#open) return;
    this.flush();
    this.#transport.close();
  }

  /** Sends nothing more; what the other side has sent is still read, and `onClose` follows. */
  endWriting(): void {
    if (!this.#open) return;
    this.flush();
    this.#transport.endWriting();
  }

  setReferenced(referenced: boolean): void {
    this.#transport.setReferenced(referenced);
  }

  #fail(cause: Error): void {
    this.#transport.close();
    this.#end(cause);
  }

  #end(cause: Error | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onClose(cause);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
