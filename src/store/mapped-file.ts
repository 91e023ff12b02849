/** A file mapped into memory for readers, and the ArrayBuffers that look at it. */

import fs from "node:fs";
import { guardBuffer } from "./guarded-buffers.ts";
import type { Address, NativeMemory } from "./native.ts";

/** What a reader has of a file, until it has closed it and nothing looks at it any more. */
export interface FileReading {
  /** A buffer of its own over this part. */
  view(offsetBytes: number, sizeBytes: number): ArrayBuffer;
  /** The bytes of this part, to be read before `close` and not after it. */
  peek(offsetBytes: number, sizeBytes: number): Uint8Array;
  /** No further view is asked for. */
  close(): void;
}

const collected = new FinalizationRegistry<MappedFile>((file) => file.viewCollected());

export class MappedFile implements FileReading {
  readonly #native: NativeMemory;
  readonly #address: Address;
  readonly #sizeBytes: number;
  readonly #onReleased: () => void;
  /** Views, and one for whoever has not closed it. */
  #users = 1;

  /** `onReleased`: the memory is unmapped. */
  constructor(native: NativeMemory, address: Address, sizeBytes: number, onReleased: () => void) {
    this.#native = native;
    this.#address = address;
    this.#sizeBytes = sizeBytes;
    this.#onReleased = onReleased;
  }

  view(offsetBytes: number, sizeBytes: number): ArrayBuffer {
    const buffer = this.#bufferOver(offsetBytes, sizeBytes);
    this.#users++;
    collected.register(buffer, this);
    return guardBuffer(buffer);
  }

  peek(offsetBytes: number, sizeBytes: number): Uint8Array {
    return new Uint8Array(this.#bufferOver(offsetBytes, sizeBytes));
  }

  #bufferOver(offsetBytes: number, sizeBytes: number): ArrayBuffer {
    if (offsetBytes < 0 || offsetBytes + sizeBytes > this.#sizeBytes) {
      throw new RangeError(
        `Cannot view ${sizeBytes} bytes at ${offsetBytes}: the file has ${this.#sizeBytes}`,
      );
    }
    return this.#native.view(this.#address + BigInt(offsetBytes), sizeBytes);
  }

  /** Writes to the views of a shared mapping do not reach the file any more. */
  makePrivate(path: string): void {
    const fd = fs.openSync(path, "r");
    try {
      this.#native.makePrivate(this.#address, fd, this.#sizeBytes);
    } finally {
      fs.closeSync(fd);
    }
  }

  close(): void {
    this.#release();
  }

  viewCollected(): void {
    this.#release();
  }

  #release(): void {
    if (--this.#users > 0) return;
    this.#native.unmap(this.#address, this.#sizeBytes);
    this.#onReleased();
  }
}
