/** What a process's object store is to those who decide what lies in it, and for how long. */

import type { Layout } from "./layout.ts";
import type { FileReading } from "./mapped-file.ts";
import type { FileName, Place } from "./store-file.ts";

/** A file as its owner has it. */
export interface OwnedFile extends FileName {
  readonly place: Place;
  readonly path: string;
  readonly fileName: FileName;
  /** The process that has made it. */
  readonly makerId: number;
}

/** An object's file, and where its pieces are in it. */
export interface Stored<File extends OwnedFile = OwnedFile> {
  readonly file: File;
  readonly layout: Layout;
}

/** Memory of the store that its creator writes to until it is sealed. */
export interface Allocated<File extends OwnedFile = OwnedFile> {
  readonly file: File;
  readonly memory: { makePrivate(path: string): void };
  readonly buffer: ArrayBuffer;
}

export interface ObjectStore<File extends OwnedFile = OwnedFile> {
  readonly storedBytesMin: number;
  readonly limitBytes: number;
  /** What is kept of files that hold nothing. */
  readonly freeBytes: number;
  /** Of the mappings that this process may have, how many exist. */
  readonly mappedShare: number;
  /** Told of the end of files that have changed hands. */
  onRemoved: ((file: FileName) => void) | undefined;
  /** Throws ObjectStoreFullError, OutOfDiskError. */
  write(pieces: readonly Uint8Array[]): Stored<File>;
  /**
   * A file of zeros, and a buffer to write to it. `undefined`: files cannot be mapped here.
   * Throws ObjectStoreFullError.
   */
  allocate(sizeBytes: number, onReleased: () => void): Allocated<File> | undefined;
  /** How much more is in memory than should be, so that there is room for what comes. */
  excessBytes(): number;
  /** Free files go before objects do. */
  giveUpFree(): void;
  /** Moves an object to disk. Who opens it meanwhile finds it in one of the two places. */
  spill(file: File): Promise<File>;
  /** Opens the file of an object that may be another process's. Throws ObjectLostError. */
  read(file: FileName, onReleased: () => void): FileReading;
  /** Whether the file is where it should be, and as long as it should be. */
  has(file: FileName): boolean;
  /** This process owns the file from now on. */
  adopt(file: FileName): File;
  /** Another process owns the file from now on. */
  disown(file: File): void;
  /** Nobody reads the file any more. Precondition: this process owns it. */
  free(file: File): void;
  /** The same, of a file that is not to be used again. */
  discard(file: File): void;
  /** A fault point: the file is gone, as if somebody else had removed it. */
  lose(file: FileName): void;
  /** Files and mappings stay as they are: the session's directory is removed as a whole. */
  close(): void;
}
