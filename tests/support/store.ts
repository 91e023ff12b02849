/** What the object store of a sandbox's only session holds. */

import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";

export interface StoreFiles {
  readonly count: number;
  readonly sizeBytes: number;
}

const STORED = /^\d+-[0-9a-f]{16}$/;

export function filesInMemory(sandbox: Sandbox): StoreFiles {
  return filesIn(memoryDirectory(sandbox));
}

export function filesOnDisk(sandbox: Sandbox): StoreFiles {
  return filesIn(sessionDirectory(sandbox));
}

export function memoryDirectory(sandbox: Sandbox): string {
  return sessionDirectory(sandbox).replace(sandbox.temporaryDirectory, "/dev/shm");
}

function sessionDirectory(sandbox: Sandbox): string {
  const parent = join(sandbox.temporaryDirectory, `mobula-${process.getuid!()}`);
  const [session, ...others] = readdirSync(parent);
  if (session === undefined || others.length > 0) throw new Error("no session, or several");
  return join(parent, session);
}

function filesIn(directory: string): StoreFiles {
  let count = 0;
  let sizeBytes = 0;
  for (const name of readdirSync(directory)) {
    if (!STORED.test(name)) continue;
    // It may be removed meanwhile.
    const found = statSync(join(directory, name), { throwIfNoEntry: false });
    if (found === undefined) continue;
    count++;
    sizeBytes += found.size;
  }
  return { count, sizeBytes };
}

/** What all processes together say that they take of memory. */
export function usedBytes(sandbox: Sandbox): number {
  const usage = readFileSync(join(memoryDirectory(sandbox), "usage"));
  let used = 0;
  for (let at = 8; at < usage.length; at += 16) used += usage.readDoubleLE(at);
  return used;
}

/** The paths of all of them, in memory and on disk. */
export function storedFiles(sandbox: Sandbox): Set<string> {
  const directories = [memoryDirectory(sandbox), sessionDirectory(sandbox)];
  const paths = directories.flatMap((directory) => {
    const names = readdirSync(directory).filter((name) => STORED.test(name));
    return names.map((name) => join(directory, name));
  });
  return new Set(paths);
}

/** Takes away what they hold, as if somebody had cleaned up. Returns how many there were. */
export function loseStored(sandbox: Sandbox, lose: (path: string) => void = rmSync): number {
  const paths = storedFiles(sandbox);
  for (const path of paths) {
    try {
      lose(path);
    } catch (error) {
      // Its owner may have given it up meanwhile, or moved it to disk.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return paths.size;
}
