/**
 * The object store of one process: files in shared memory that hold large values. This process
 * writes and gives up the files that it owns; those of others it reads. Who owns what, and for
 * how long, is decided elsewhere (`runtime/segments.ts`).
 */

import { AsyncResource } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { FreeFiles } from "./free-files.ts";
import { layOut, type Layout } from "./layout.ts";
import { MappedFile, type FileReading } from "./mapped-file.ts";
import { MappingError, nativeMemory, type NativeLibrary, type NativeMemory } from "./native.ts";
import { isWhole, readFile } from "./read-file.ts";
import type { Allocated, ObjectStore, Stored } from "./object-store.ts";
import { noRoom } from "./store-errors.ts";
import { StoreFile, writeFile, type FileName, type Place } from "./store-file.ts";
import { Usage } from "./usage.ts";

export interface StoreDirectories {
  /** In shared memory if there is any; mode 0700. */
  readonly memoryDirectory: string;
  /** Where objects go for which there is no room in memory. */
  readonly diskDirectory: string;
}

export interface StoreSettings extends StoreDirectories {
  /** Memory for the objects of all processes. */
  readonly limitBytes: number;
  /** Values from this size on are stored; smaller ones travel in messages. */
  readonly storedBytesMin: number;
}

/** The store of one process. */
export interface StorePlace extends StoreSettings {
  readonly processId: number;
  /** This process's place in the count of memory. */
  readonly slot: number;
  /** A fault point: whether memory is to be taken for full. */
  readonly isFull?: (() => boolean) | undefined;
}

export interface StoreOptions extends StorePlace {
  /** The native library; `undefined` where files are to be read and written instead. */
  readonly loadLibrary: () => NativeLibrary | undefined;
}

/** Of the limit; what is more makes cold objects go to disk. */
const SPILL_ABOVE = 0.8;
/** Of the limit, what one process may keep of files that hold nothing. */
const FREE_SHARE = 0.5;
/** Free files are given up when none was used for so long. */
const FREE_IDLE_MS = 5_000;

export class Store implements ObjectStore<StoreFile> {
  readonly storedBytesMin: number;
  readonly limitBytes: number;
  readonly #options: StoreOptions;
  readonly #free: FreeFiles<StoreFile>;
  #freeTimer: NodeJS.Timeout | undefined;
  /** A timer would keep the task that has begun it, and all that this one holds. */
  readonly #scope = new AsyncResource("mobula store");
  #usage: Usage | undefined;
  #native: NativeMemory | undefined;
  #isNativeLoaded = false;
  #isClosed = false;
  /** Told of the end of files that have changed hands. */
  onRemoved: ((file: FileName) => void) | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.storedBytesMin = options.storedBytesMin;
    this.limitBytes = options.limitBytes;
    this.#free = new FreeFiles(options.limitBytes * FREE_SHARE);
  }

  get freeBytes(): number {
    return this.#free.totalBytes;
  }

  write(pieces: readonly Uint8Array[]): Stored<StoreFile> {
    const layout = layOut(pieces.map((piece) => piece.byteLength));
    if (this.#options.isFull?.() === true) {
      return { file: this.#writeToDisk(pieces, layout), layout };
    }
    const free = this.#takeFree(layout.sizeBytes);
    if (free !== undefined) {
      free.rewrite(this.#getNative(), pieces, layout);
      return { file: free, layout };
    }
    const file = this.#writeToMemory(pieces, layout) ?? this.#writeToDisk(pieces, layout);
    return { file, layout };
  }

  allocate(sizeBytes: number, onReleased: () => void): Allocated<StoreFile> | undefined {
    const native = this.#getNative();
    if (native === undefined) return undefined;
    const free = this.#takeFree(sizeBytes);
    const file = free ?? this.write(zeros(sizeBytes)).file;
    const memory = this.#mapForWriting(file, onReleased);
    if (memory === undefined) return undefined;
    const buffer = memory.view(0, sizeBytes);
    memory.close();
    if (free !== undefined) new Uint8Array(buffer).fill(0);
    return { file, memory, buffer };
  }

  /** What somebody else has removed is no room: what is written there nobody would find. */
  #takeFree(sizeBytes: number): StoreFile | undefined {
    for (;;) {
      const free = this.#free.take(sizeBytes);
      if (free === undefined || isWhole(free.path, free.sizeBytes)) return free;
      this.discard(free);
    }
  }

  /** `undefined`: there are too many mappings; the file is free again. */
  #mapForWriting(file: StoreFile, onReleased: () => void): MappedFile | undefined {
    const fd = fs.openSync(file.path, "r+");
    try {
      const address = this.#native!.mapShared(fd, file.sizeBytes);
      return new MappedFile(this.#native!, address, file.sizeBytes, onReleased);
    } catch (error) {
      this.free(file);
      if (error instanceof MappingError) return undefined;
      throw error;
    } finally {
      fs.closeSync(fd);
    }
  }

  get mappedShare(): number {
    return this.#native?.mappedShare ?? 0;
  }

  excessBytes(): number {
    return this.#getUsage().totalBytes() - this.#options.limitBytes * SPILL_ABOVE;
  }

  giveUpFree(): void {
    for (const file of this.#free.shrink(0)) this.discard(file);
  }

  async spill(file: StoreFile): Promise<StoreFile> {
    const { name, sizeBytes, moves } = file;
    const target = this.#pathOf(name, "disk");
    await copyPrivately(file.path, target);
    file.unmap(this.#native);
    await fs.promises.rm(file.path, { force: true });
    if (!this.#isClosed) this.#count(file, -1);
    return new StoreFile({ name, sizeBytes, moves }, target, "disk");
  }

  #writeToMemory(pieces: readonly Uint8Array[], layout: Layout): StoreFile | undefined {
    if (!this.#hasRoom(layout.sizeBytes)) return undefined;
    try {
      return this.#writeFresh("memory", pieces, layout);
    } catch (error) {
      // Others use the file system as well: its room is less than what this runtime may take, and
      // the directory may have been removed.
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOSPC" || code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Whether so much more fits; free files make way. */
  #hasRoom(sizeBytes: number): boolean {
    const { limitBytes } = this.#options;
    const over = this.#getUsage().totalBytes() + sizeBytes - limitBytes;
    if (over <= 0) return true;
    if (over > this.#free.totalBytes) return false;
    for (const file of this.#free.shrink(this.#free.totalBytes - over)) this.#removeNow(file);
    return true;
  }

  #writeToDisk(pieces: readonly Uint8Array[], layout: Layout): StoreFile {
    try {
      return this.#writeFresh("disk", pieces, layout);
    } catch (error) {
      const { limitBytes, diskDirectory } = this.#options;
      const owners = this.#getUsage().owners();
      const figures = { sizeBytes: layout.sizeBytes, limitBytes, owners };
      throw noRoom(error as NodeJS.ErrnoException, diskDirectory, figures);
    }
  }

  #writeFresh(place: Place, pieces: readonly Uint8Array[], layout: Layout): StoreFile {
    const name = `${this.#options.processId}-${randomBytes(8).toString("hex")}`;
    const file = new StoreFile(
      { name, sizeBytes: layout.sizeBytes, moves: 0 },
      this.#pathOf(name, place),
      place,
    );
    writeFile(file.path, pieces, layout);
    this.#count(file, 1);
    return file;
  }

  read(file: FileName, onReleased: () => void): FileReading {
    return readFile(file, this.#pathsOf(file), this.#getNative(), onReleased);
  }

  has(file: FileName): boolean {
    return this.#pathsOf(file).some((path) => isWhole(path, file.sizeBytes));
  }

  #pathsOf({ name }: FileName): string[] {
    return [this.#pathOf(name, "memory"), this.#pathOf(name, "disk")];
  }

  adopt({ name, sizeBytes, moves }: FileName): StoreFile {
    const isInMemory = fs.existsSync(this.#pathOf(name, "memory"));
    const place = isInMemory ? "memory" : "disk";
    const file = new StoreFile({ name, sizeBytes, moves }, this.#pathOf(name, place), place);
    this.#count(file, 1);
    return file;
  }

  disown(file: StoreFile): void {
    file.unmap(this.#native);
    this.#count(file, -1);
  }

  free(file: StoreFile): void {
    if (file.place === "disk") this.discard(file);
    else for (const dropped of this.#free.add(file)) this.discard(dropped);
    if (this.#free.count > 0) this.#armTimer();
  }

  #armTimer(): void {
    if (this.#freeTimer !== undefined) {
      this.#freeTimer.refresh();
      return;
    }
    const shrink = (): void => {
      this.#freeTimer = undefined;
      for (const file of this.#free.shrink(0)) this.discard(file);
    };
    this.#freeTimer = this.#scope.runInAsyncScope(() => setTimeout(shrink, FREE_IDLE_MS).unref());
  }

  lose(file: FileName): void {
    for (const path of this.#pathsOf(file)) fs.rmSync(path, { force: true });
  }

  /** Removes it, later: giving back much memory takes the system a while. */
  discard(file: StoreFile): void {
    file.unmap(this.#native);
    // Counted before it is done: others are not to make room for what is about to go.
    this.#removed(file);
    fs.unlink(file.path, (error) => {
      // Somebody else may have removed it, or the session is over.
      if (error !== null && error.code !== "ENOENT" && !this.#isClosed) throw error;
    });
  }

  #removeNow(file: StoreFile): void {
    file.unmap(this.#native);
    fs.rmSync(file.path, { force: true });
    this.#removed(file);
  }

  #removed(file: StoreFile): void {
    this.#count(file, -1);
    if (file.moves > 0) this.onRemoved?.(file);
  }

  #count(file: StoreFile, sign: 1 | -1): void {
    if (file.place === "memory") this.#getUsage().add(sign * file.sizeBytes);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#freeTimer);
    this.#usage?.close();
  }

  #getUsage(): Usage {
    const { memoryDirectory, slot, processId } = this.#options;
    return (this.#usage ??= new Usage(memoryDirectory, slot, processId));
  }

  /** Loaded with the first large value: most programs' workers never meet one. */
  #getNative(): NativeMemory | undefined {
    if (this.#isNativeLoaded) return this.#native;
    this.#isNativeLoaded = true;
    const library = this.#options.loadLibrary();
    this.#native = library === undefined ? undefined : nativeMemory(library);
    return this.#native;
  }

  #pathOf(name: string, place: Place): string {
    const { memoryDirectory, diskDirectory } = this.#options;
    return `${place === "memory" ? memoryDirectory : diskDirectory}/${name}`;
  }
}

const ZEROS = Buffer.alloc(2 ** 20);

/** The pieces of a file of zeros: the same one again and again. */
function zeros(sizeBytes: number): Uint8Array[] {
  const pieces = new Array<Uint8Array>(Math.floor(sizeBytes / ZEROS.length)).fill(ZEROS);
  return [...pieces, ZEROS.subarray(0, sizeBytes % ZEROS.length)];
}

/** The copy is there as a whole, or not at all. */
async function copyPrivately(source: string, target: string): Promise<void> {
  const partial = `${target}.part`;
  try {
    await fs.promises.copyFile(source, partial);
    await fs.promises.rename(partial, target);
  } catch (error) {
    await fs.promises.rm(partial, { force: true });
    throw error;
  }
}
