/** Writing to a file that was never written before, with nothing around it. */
import fs from "node:fs";
import koffi from "koffi";

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;

const system = koffi.load(null);
const mmap = system.func(
  "void *mmap(uintptr_t address, size_t size, int protection, int flags, int fd, int64_t offset)",
) as (...args: (number | bigint)[]) => bigint;
const munmap = system.func("int munmap(uintptr_t address, size_t size)") as (
  address: bigint,
  sizeBytes: number,
) => number;

/** Seconds of writing the bytes to a fresh file with one call of the system. */
export function pwriteSeconds(path: string, bytes: Uint8Array): number {
  return onFreshFile(path, (fd) => {
    for (let done = 0; done < bytes.byteLength;) {
      done += fs.writeSync(fd, bytes, done, bytes.byteLength - done, done);
    }
  });
}

/** Seconds of mapping a fresh file and copying the bytes to it. */
export function mappedFillSeconds(path: string, bytes: Uint8Array): number {
  return onFreshFile(path, (fd) => {
    const sizeBytes = bytes.byteLength;
    fs.ftruncateSync(fd, sizeBytes);
    const address = mmap(0, sizeBytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    new Uint8Array(koffi.view(address, sizeBytes)).set(bytes);
    munmap(address, sizeBytes);
  });
}

function onFreshFile(path: string, write: (fd: number) => void): number {
  const fd = fs.openSync(path, "wx+");
  try {
    const startMs = performance.now();
    write(fd);
    return (performance.now() - startMs) / 1_000;
  } finally {
    fs.closeSync(fd);
    fs.unlinkSync(path);
  }
}
