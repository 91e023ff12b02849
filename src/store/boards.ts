/**
 * Boards (`core/board.ts`) in shared memory: a file for each process that pushes tasks, mapped by
 * it and by the workers that it pushes to.
 */

import fs from "node:fs";
import { guardEnd } from "./guarded-buffers.ts";
import { MappingError, nativeMemory, type NativeLibrary, type NativeMemory } from "./native.ts";
import { writeFile } from "./store-file.ts";

/** How a process gets at boards. */
export interface Boards {
  /** Its own, made at the first call. `undefined`: there can be none. */
  own(): Int32Array | undefined;
  /** The one of another process. `undefined`: this process cannot reach it. */
  of(processId: number): Int32Array | undefined;
  /** The process has ended: its board is of no use. */
  forget(processId: number): void;
}

export interface BoardFilesOptions {
  readonly directory: string;
  readonly processId: number;
  readonly sizeBytes: number;
  /** `undefined`: files cannot be mapped here. */
  readonly loadLibrary: () => NativeLibrary | undefined;
}

/** Whoever still has the words of a board may use them, also after `forget`. */
const collected = new FinalizationRegistry<() => void>((unmap) => unmap());

export class BoardFiles implements Boards {
  readonly #options: BoardFilesOptions;
  readonly #mapped = new Map<number, Int32Array>();
  #isMade = false;
  #native: NativeMemory | undefined;
  #isNativeLoaded = false;

  constructor(options: BoardFilesOptions) {
    this.#options = options;
  }

  own(): Int32Array | undefined {
    const { processId, sizeBytes } = this.#options;
    if (this.#isMade) return this.#mapped.get(processId);
    this.#isMade = true;
    if (this.#getNative() === undefined) return undefined;
    try {
      const zeros = { offsets: [0], sizeBytes };
      writeFile(this.#pathOf(processId), [Buffer.alloc(sizeBytes)], zeros);
    } catch (error) {
      // Shared memory is full: nothing is queued behind tasks that run.
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return undefined;
      throw error;
    }
    return this.of(processId);
  }

  of(processId: number): Int32Array | undefined {
    const known = this.#mapped.get(processId);
    if (known !== undefined) return known;
    const words = this.#map(processId);
    if (words !== undefined) this.#mapped.set(processId, words);
    return words;
  }

  #map(processId: number): Int32Array | undefined {
    const native = this.#getNative();
    if (native === undefined) return undefined;
    try {
      const fd = fs.openSync(this.#pathOf(processId), "r+");
      try {
        return this.#view(native, fd);
      } finally {
        fs.closeSync(fd);
      }
    } catch (error) {
      // There are too many mappings; or the process has none, or has ended.
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (error instanceof MappingError || isGone) return undefined;
      throw error;
    }
  }

  #view(native: NativeMemory, fd: number): Int32Array {
    const { sizeBytes } = this.#options;
    const address = native.mapShared(fd, sizeBytes);
    const buffer = native.view(address, sizeBytes);
    guardEnd();
    collected.register(buffer, () => native.unmap(address, sizeBytes));
    return new Int32Array(buffer);
  }

  forget(processId: number): void {
    this.#mapped.delete(processId);
  }

  #getNative(): NativeMemory | undefined {
    if (this.#isNativeLoaded) return this.#native;
    this.#isNativeLoaded = true;
    const library = this.#options.loadLibrary();
    if (library !== undefined) this.#native = nativeMemory(library);
    return this.#native;
  }

  #pathOf(processId: number): string {
    return `${this.#options.directory}/${processId}-board`;
  }
}
