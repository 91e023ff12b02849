/** Reads a file where it cannot be mapped: each view is a copy. */

import fs from "node:fs";
import type { FileReading } from "./mapped-file.ts";

const CHUNK_BYTES = 2 ** 30;

export class CopiedFile implements FileReading {
  readonly #fd: number;
  readonly #onReleased: () => void;

  constructor(fd: number, onReleased: () => void) {
    this.#fd = fd;
    this.#onReleased = onReleased;
  }

  view(offsetBytes: number, sizeBytes: number): ArrayBuffer {
    const buffer = new ArrayBuffer(sizeBytes);
    for (let done = 0; done < sizeBytes;) {
      const chunk = new Uint8Array(buffer, done, Math.min(CHUNK_BYTES, sizeBytes - done));
      const read = fs.readSync(this.#fd, chunk, 0, chunk.byteLength, offsetBytes + done);
      if (read === 0) throw new RangeError(`Cannot read ${sizeBytes} bytes: the file ends before`);
      done += read;
    }
    return buffer;
  }

  peek(offsetBytes: number, sizeBytes: number): Uint8Array {
    return new Uint8Array(this.view(offsetBytes, sizeBytes));
  }

  close(): void {
    fs.closeSync(this.#fd);
    this.#onReleased();
  }
}
