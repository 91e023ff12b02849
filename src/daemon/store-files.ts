/** The files of stored objects, for who removes those of dead processes. */

import fs from "node:fs";
import path from "node:path";
import type { StoreDirectories } from "../store/store.ts";
import { clearUsage } from "../store/usage.ts";

export interface StoreFiles {
  /** In memory and on disk; a file that is being moved may be there twice. */
  names(): string[];
  /** Wherever it is. */
  remove(name: string): void;
  /** The process that had this place in the count of memory has none any more. */
  clearUsage(slot: number): void;
}

export function storeFilesIn({ memoryDirectory, diskDirectory }: StoreDirectories): StoreFiles {
  const directories = [...new Set([memoryDirectory, diskDirectory])];
  return {
    names: () => directories.flatMap((directory) => fs.readdirSync(directory)),
    remove: (name) => {
      for (const directory of directories) fs.rmSync(path.join(directory, name), { force: true });
    },
    clearUsage: (slot) => clearUsage(memoryDirectory, slot),
  };
}
