/**
 * The native calls of the store: files as memory. Linux and macOS have them alike; where the
 * library that makes them is missing, files are read and written instead (`copied-files.ts`).
 */

import fs from "node:fs";

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
/** Linux: no memory is set aside for pages that may be written to, as with `fork`. */
const MAP_NORESERVE = process.platform === "linux" ? 0x4000 : 0;
/** Linux: present pages are entered into the table at once, instead of one fault each. */
const MAP_POPULATE = process.platform === "linux" ? 0x8000 : 0;
const FAILED = 2n ** 64n - 1n;

/** Node 20 aborts when it is given more to look at as one buffer. */
export const VIEW_BYTES_MAX = Number(process.versions.node.split(".")[0]) < 22 ? 2 ** 32 : Infinity;

/** Where a mapping begins. */
export type Address = bigint;

export interface NativeMemory {
  /** Of the mappings that it makes at most, how many exist. */
  readonly mappedShare: number;
  /** Writes go to the file. Every page of it must be there: the system kills who finds a hole. */
  mapShared(fd: number, sizeBytes: number): Address;
  /** Writes stay in this mapping; what nobody has written to shows the file. */
  mapPrivate(fd: number, sizeBytes: number): Address;
  /** From here on, writes to a shared mapping stay in it. Its address and views stay valid. */
  makePrivate(address: Address, fd: number, sizeBytes: number): void;
  /** Precondition: nothing looks at the memory any more. */
  unmap(address: Address, sizeBytes: number): void;
  view(address: Address, sizeBytes: number): ArrayBuffer;
}

/** What is used of the package `koffi`. */
export interface NativeLibrary {
  load(path: null): { func(prototype: string): (...args: never[]) => unknown };
  view(address: bigint, sizeBytes: number): ArrayBuffer;
  errno(): number;
}

type Map = (
  address: bigint,
  sizeBytes: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => bigint;

/** `mappingsMax`: at a time; V8 dies when it finds none left for itself. */
export function nativeMemory(library: NativeLibrary, mappingsMax = ownShare()): NativeMemory {
  const system = library.load(null);
  const mmap = system.func(
    "void *mmap(uintptr_t address, size_t size, int protection, int flags, int fd, int64_t offset)",
  ) as unknown as Map;
  const munmap = system.func("int munmap(void *address, size_t size)") as unknown as (
    address: bigint,
    sizeBytes: number,
  ) => number;
  let mappings = 0;
  const map = (address: bigint, fd: number, sizeBytes: number, flags: number): Address => {
    const mapped = mmap(address, sizeBytes, PROT_READ_WRITE, flags, fd, 0);
    if (mapped === FAILED) throw mappingError(`errno ${library.errno()}`, sizeBytes);
    return mapped;
  };
  const mapFresh = (fd: number, sizeBytes: number, flags: number): Address => {
    if (mappings >= mappingsMax) throw mappingError(`${mappings} mappings exist`, sizeBytes);
    const mapped = map(0n, fd, sizeBytes, flags);
    mappings++;
    return mapped;
  };
  return {
    get mappedShare() {
      return mappings / mappingsMax;
    },
    mapShared: (fd, sizeBytes) => mapFresh(fd, sizeBytes, MAP_SHARED | MAP_POPULATE),
    mapPrivate: (fd, sizeBytes) => mapFresh(fd, sizeBytes, MAP_PRIVATE | MAP_NORESERVE),
    makePrivate: (address, fd, sizeBytes) => {
      map(address, fd, sizeBytes, MAP_FIXED | MAP_PRIVATE | MAP_NORESERVE);
    },
    unmap: (address, sizeBytes) => {
      mappings--;
      if (munmap(address, sizeBytes) === 0) return;
      throw mappingError(`errno ${library.errno()}`, sizeBytes);
    },
    view: (address, sizeBytes) => library.view(address, sizeBytes),
  };
}

/** Half of what a process may have. */
function ownShare(): number {
  try {
    return Number(fs.readFileSync("/proc/sys/vm/max_map_count", "utf8")) / 2;
  } catch {
    // Not Linux: the least that systems allow is of this order.
    return 32_768;
  }
}

/** A file cannot be mapped, mostly because too many are. */
export class MappingError extends Error {
  override readonly name = "MappingError";
}

function mappingError(reason: string, sizeBytes: number): MappingError {
  return new MappingError(`Cannot map ${sizeBytes} bytes: ${reason}`);
}
