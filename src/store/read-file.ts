/** Opens the file of a stored object, wherever it is, and maps it if that is possible. */

import fs from "node:fs";
import { CopiedFile } from "./copied-file.ts";
import { MappedFile, type FileReading } from "./mapped-file.ts";
import { MappingError, type Address, type NativeMemory } from "./native.ts";
import { lost } from "./store-errors.ts";
import type { FileName } from "./store-file.ts";

/**
 * `paths`: where to look for it, in this order; it may be moved from one to the next meanwhile.
 * Throws ObjectLostError.
 */
export function readFile(
  { name, sizeBytes }: FileName,
  paths: readonly string[],
  native: NativeMemory | undefined,
  onReleased: () => void,
): FileReading {
  const fd = openFirst(paths);
  if (fd === undefined) throw lost(name, "its file is gone");
  const found = fs.fstatSync(fd).size;
  if (found < sizeBytes) {
    fs.closeSync(fd);
    // The system kills who reads a page beyond the end.
    throw lost(name, `its file has ${found} of ${sizeBytes} bytes`);
  }
  const address = map(fd, sizeBytes, native);
  if (address === undefined) return new CopiedFile(fd, onReleased);
  fs.closeSync(fd);
  return new MappedFile(native!, address, sizeBytes, onReleased);
}

/** Whether the file is there, with so many bytes at least. */
export function isWhole(path: string, sizeBytes: number): boolean {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.size >= sizeBytes;
}

function openFirst(paths: readonly string[]): number | undefined {
  for (const path of paths) {
    try {
      return fs.openSync(path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return undefined;
}

/** `undefined`: the file has to be read instead. */
function map(fd: number, sizeBytes: number, native: NativeMemory | undefined): Address | undefined {
  if (native === undefined || native.mappedShare >= 1) return undefined;
  try {
    return native.mapPrivate(fd, sizeBytes);
  } catch (error) {
    // There are too many mappings.
    if (error instanceof MappingError) return undefined;
    fs.closeSync(fd);
    throw error;
  }
}
