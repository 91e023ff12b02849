/** One file of the store, as its owner has it: it writes the file, and gives it up. */

import fs from "node:fs";
import type { FreeFile } from "./free-files.ts";
import type { Layout } from "./layout.ts";
import { MappingError, VIEW_BYTES_MAX, type Address, type NativeMemory } from "./native.ts";

/** What a process is told to find a file. */
export interface FileName {
  /** Unique in the session: the process that made the file, and a random part. */
  readonly name: string;
  readonly sizeBytes: number;
  /** How often it has changed hands: of two who say that it is theirs the later one is right. */
  readonly moves: number;
}

export type Place = "memory" | "disk";

/** What one call of the system writes at most. */
const CHUNK_BYTES = 2 ** 30;
/** Pieces smaller than this are put together first. */
const SMALL_BYTES = 64 * 1024;

export class StoreFile implements FreeFile, FileName {
  readonly name: string;
  readonly path: string;
  readonly place: Place;
  /** All of it was written: no page of it is missing. */
  readonly sizeBytes: number;
  readonly moves: number;
  #mapped: { readonly address: Address; readonly bytes: Uint8Array } | undefined;

  constructor(file: FileName, path: string, place: Place) {
    this.name = file.name;
    this.sizeBytes = file.sizeBytes;
    this.moves = file.moves;
    this.path = path;
    this.place = place;
  }

  get fileName(): FileName {
    return { name: this.name, sizeBytes: this.sizeBytes, moves: this.moves };
  }

  /** The process that has made it. */
  get makerId(): number {
    return Number.parseInt(this.name, 10);
  }

  /** Writes over what is there. Precondition: the pieces fit, and nobody reads the file. */
  rewrite(native: NativeMemory | undefined, pieces: readonly Uint8Array[], layout: Layout): void {
    const bytes = native === undefined ? undefined : this.#map(native);
    if (bytes === undefined) {
      const fd = fs.openSync(this.path, "r+");
      try {
        writePieces(fd, pieces, layout);
      } finally {
        fs.closeSync(fd);
      }
    } else pieces.forEach((piece, index) => bytes.set(piece, layout.offsets[index]));
  }

  /** The mapping stays: entering the pages of a large file takes as long as writing them. */
  #map(native: NativeMemory): Uint8Array | undefined {
    if (this.#mapped !== undefined) return this.#mapped.bytes;
    if (this.sizeBytes > VIEW_BYTES_MAX) return undefined;
    const fd = fs.openSync(this.path, "r+");
    try {
      const address = native.mapShared(fd, this.sizeBytes);
      const bytes = new Uint8Array(native.view(address, this.sizeBytes));
      this.#mapped = { address, bytes };
      return bytes;
    } catch (error) {
      // There are too many mappings: the file can still be written.
      if (error instanceof MappingError) return undefined;
      throw error;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** The owner writes no more. */
  unmap(native: NativeMemory | undefined): void {
    if (this.#mapped === undefined) return;
    native!.unmap(this.#mapped.address, this.sizeBytes);
    this.#mapped = undefined;
  }
}

/** Writes a fresh file. Leaves none behind if there is no room for it. */
export function writeFile(path: string, pieces: readonly Uint8Array[], layout: Layout): void {
  const fd = fs.openSync(path, "wx", 0o600);
  let isWritten = false;
  try {
    writePieces(fd, pieces, layout);
    isWritten = true;
  } finally {
    fs.closeSync(fd);
    if (!isWritten) fs.unlinkSync(path);
  }
}

/** Also what lies between the pieces is written: a hole would be no memory that is there. */
function writePieces(fd: number, pieces: readonly Uint8Array[], layout: Layout): void {
  const gathered = Buffer.allocUnsafe(Math.min(layout.sizeBytes, 4 * SMALL_BYTES));
  let start = 0;
  let end = 0;
  const flush = (): void => {
    writeAll(fd, gathered.subarray(0, end - start), start);
    start = end;
  };
  pieces.forEach((piece, index) => {
    const offset = layout.offsets[index]!;
    if (offset + piece.byteLength - start > gathered.length) flush();
    gathered.fill(0, end - start, offset - start);
    end = offset;
    if (piece.byteLength < SMALL_BYTES) gathered.set(piece, offset - start);
    end += piece.byteLength;
    if (piece.byteLength < SMALL_BYTES) return;
    end = offset;
    flush();
    writeAll(fd, piece, offset);
    start = end = offset + piece.byteLength;
  });
  flush();
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength;) {
    const chunk = bytes.subarray(done, done + CHUNK_BYTES);
    done += fs.writeSync(fd, chunk, 0, chunk.byteLength, position + done);
  }
}
