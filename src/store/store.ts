/**
 * The object store of one process: files in shared memory that hold large values. This process
 * writes and gives up the files that it owns; those of others it reads. Who owns what, and for
 * how long, is decided elsewhere (`runtime/segments.ts`).
 */

import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { ObjectLostError, ObjectStoreFullError, OutOfDiskError } from "../base/errors.ts";
import { CopiedFile } from "./copied-file.ts";
import { FreeFiles } from "./free-files.ts";
import { layOut, type Layout } from "./layout.ts";
import { MappedFile, type FileReading } from "./mapped-file.ts";
import {
  MappingError,
  nativeMemory,
  type Address,
  type NativeLibrary,
  type NativeMemory,
} from "./native.ts";
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

export interface StoreOptions extends StoreSettings {
  readonly processId: number;
  /** This process's place in the count of memory. */
  readonly slot: number;
  /** The native library; `undefined` where files are to be read and written instead. */
  readonly loadLibrary: () => NativeLibrary | undefined;
}

/** An object's file, and where its pieces are in it. */
export interface Stored {
  readonly file: StoreFile;
  readonly layout: Layout;
}

/** Of the limit, what one process may keep of files that hold nothing. */
const FREE_SHARE = 0.5;
/** Free files are given up when none was used for so long. */
const FREE_IDLE_MS = 5_000;

export class Store {
  readonly storedBytesMin: number;
  readonly #options: StoreOptions;
  readonly #free: FreeFiles<StoreFile>;
  #freeTimer: NodeJS.Timeout | undefined;
  #usage: Usage | undefined;
  #native: NativeMemory | undefined;
  #isNativeLoaded = false;
  #isClosed = false;
  /** Told of the end of files that have changed hands. */
  onRemoved: ((file: FileName) => void) | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.storedBytesMin = options.storedBytesMin;
    this.#free = new FreeFiles(options.limitBytes * FREE_SHARE);
  }

  /** Throws ObjectStoreFullError, OutOfDiskError. */
  write(pieces: readonly Uint8Array[]): Stored {
    const layout = layOut(pieces.map((piece) => piece.byteLength));
    const free = this.#free.take(layout.sizeBytes);
    if (free !== undefined) {
      free.rewrite(this.#getNative(), pieces, layout);
      return { file: free, layout };
    }
    const file = this.#writeToMemory(pieces, layout) ?? this.#writeToDisk(pieces, layout);
    return { file, layout };
  }

  #writeToMemory(pieces: readonly Uint8Array[], layout: Layout): StoreFile | undefined {
    if (!this.#hasRoom(layout.sizeBytes)) return undefined;
    try {
      return this.#writeFresh("memory", pieces, layout);
    } catch (error) {
      // Others use the file system as well: its room is less than what this runtime may take.
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return undefined;
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
      throw this.#noRoom(error as NodeJS.ErrnoException, layout.sizeBytes);
    }
  }

  #noRoom(reason: NodeJS.ErrnoException, sizeBytes: number): Error {
    const { limitBytes, diskDirectory } = this.#options;
    const usage = this.#getUsage();
    const fields = { sizeBytes, limitBytes, usedBytes: usage.totalBytes(), owners: usage.owners() };
    const owners = fields.owners.map(({ processId, sizeBytes: bytes }) => {
      return `process ${processId} ${inMiB(bytes)}`;
    });
    const text =
      `Cannot store ${inMiB(sizeBytes)}: ${inMiB(fields.usedBytes)} of ${inMiB(limitBytes)} of ` +
      `memory are in use (${owners.join(", ")}), and on disk, in ${diskDirectory}, `;
    const next = "; dispose refs that are not needed, or give init() more objectStoreBytes";
    return reason.code === "ENOSPC"
      ? new OutOfDiskError(`${text}there is no room${next}`, fields, reason)
      : new ObjectStoreFullError(
          `${text}nothing can be written: ${reason.message}${next}`,
          fields,
          reason,
        );
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

  /** Opens the file of an object that may be another process's. Throws ObjectLostError. */
  read({ name, sizeBytes }: FileName, onReleased: () => void): FileReading {
    const fd = this.#open(name, sizeBytes);
    const address = this.#map(fd, sizeBytes);
    if (address === undefined) return new CopiedFile(fd, onReleased);
    fs.closeSync(fd);
    return new MappedFile(this.#native!, address, sizeBytes, onReleased);
  }

  /** `undefined`: the file has to be read instead. */
  #map(fd: number, sizeBytes: number): Address | undefined {
    try {
      return this.#getNative()?.mapPrivate(fd, sizeBytes);
    } catch (error) {
      // There are too many mappings.
      if (error instanceof MappingError) return undefined;
      fs.closeSync(fd);
      throw error;
    }
  }

  #open(name: string, sizeBytes: number): number {
    const fd = this.#openAt(name, "memory") ?? this.#openAt(name, "disk");
    if (fd === undefined) throw lost(name, "its file is gone");
    const found = fs.fstatSync(fd).size;
    if (found >= sizeBytes) return fd;
    fs.closeSync(fd);
    throw lost(name, `its file has ${found} of ${sizeBytes} bytes`);
  }

  #openAt(name: string, place: Place): number | undefined {
    try {
      return fs.openSync(this.#pathOf(name, place), "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** This process owns the file from now on. */
  adopt({ name, sizeBytes, moves }: FileName): StoreFile {
    const isInMemory = fs.existsSync(this.#pathOf(name, "memory"));
    const place = isInMemory ? "memory" : "disk";
    const file = new StoreFile({ name, sizeBytes, moves }, this.#pathOf(name, place), place);
    this.#count(file, 1);
    return file;
  }

  /** Another process owns the file from now on. */
  disown(file: StoreFile): void {
    file.unmap(this.#native);
    this.#count(file, -1);
  }

  /** Nobody reads the file any more. Precondition: this process owns it. */
  free(file: StoreFile): void {
    if (file.place === "disk") this.#removeLater(file);
    else for (const dropped of this.#free.add(file)) this.#removeLater(dropped);
    if (this.#free.count > 0) this.#armTimer();
  }

  #armTimer(): void {
    if (this.#freeTimer !== undefined) {
      this.#freeTimer.refresh();
      return;
    }
    this.#freeTimer = setTimeout(() => {
      for (const file of this.#free.shrink(0)) this.#removeLater(file);
    }, FREE_IDLE_MS);
    this.#freeTimer.unref();
  }

  /** Giving back much memory takes the system a while. */
  #removeLater(file: StoreFile): void {
    file.unmap(this.#native);
    fs.unlink(file.path, (error) => {
      if (this.#isClosed) return;
      this.#removed(file);
      // Somebody else has removed it, or the session is over.
      if (error !== null && error.code !== "ENOENT") throw error;
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

  /** Files and mappings stay as they are: the session's directory is removed as a whole. */
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
    return path.join(place === "memory" ? memoryDirectory : diskDirectory, name);
  }
}

function inMiB(sizeBytes: number): string {
  return `${Math.ceil(sizeBytes / 2 ** 20)} MiB`;
}

function lost(name: string, reason: string): ObjectLostError {
  return new ObjectLostError(
    `Cannot read stored object ${name}: ${reason}; make it again, and leave the store's ` +
      "directory alone",
    { objectId: name },
  );
}
