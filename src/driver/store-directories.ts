/** Where the stored objects of a session are, and how much of memory they may take. */

import fs from "node:fs";
import os from "node:os";
import { createSessionDirectory, removeSessionDirectories } from "../daemon/session-directory.ts";
import type { StoreDirectories } from "../store/store.ts";
import { availableMemoryBytes } from "./cores.ts";

const SHARED_MEMORY = "/dev/shm";
/** Of the machine's memory. */
const MEMORY_SHARE = 0.3;
/** Of the shared memory file system: other programs use it as well. */
const FILE_SYSTEM_SHARE = 0.9;

/** Throws EnvironmentSetupError. */
export function createStoreDirectories(
  sessionId: string,
  spillDirectory: string | undefined,
): StoreDirectories {
  const advice = "set spillDirectory to one that this user may write to";
  const memoryDirectory = createSessionDirectory(sessionId, memoryBase());
  try {
    const diskDirectory = createSessionDirectory(sessionId, spillDirectory, advice);
    return { memoryDirectory, diskDirectory };
  } catch (error) {
    removeSessionDirectories([memoryDirectory]);
    throw error;
  }
}

function memoryBase(): string {
  try {
    fs.accessSync(SHARED_MEMORY, fs.constants.W_OK);
    return SHARED_MEMORY;
  } catch {
    // Not Linux, or a container without it: the page cache has to do.
    return os.tmpdir();
  }
}

/** `warn` is called if less than what was asked for, or is usual, can be had. */
export function storeLimitBytes(
  { memoryDirectory }: StoreDirectories,
  requestedBytes: number | undefined,
  warn: (text: string) => void,
): number {
  const { bavail, bsize } = fs.statfsSync(memoryDirectory);
  const thereBytes = Math.floor(bavail * bsize * FILE_SYSTEM_SHARE);
  const wantedBytes = requestedBytes ?? Math.floor(availableMemoryBytes() * MEMORY_SHARE);
  if (wantedBytes <= thereBytes) return wantedBytes;
  warn(
    `mobula: ${inMiB(thereBytes)} of memory for stored objects instead of ` +
      `${inMiB(wantedBytes)}: ${memoryDirectory} has no more; further objects go to disk ` +
      "(in a container, give it more with --shm-size)\n",
  );
  return thereBytes;
}

function inMiB(sizeBytes: number): string {
  return `${Math.floor(sizeBytes / 2 ** 20)} MiB`;
}
