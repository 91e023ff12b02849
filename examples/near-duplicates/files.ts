import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

export interface Listing {
  readonly files: readonly string[];
  /** Folders below that could not be read, for lack of permission as a rule. */
  readonly unreadableFolders: number;
}

/**
 * All regular files below a folder, sorted. Symbolic links are not followed, so none can loop;
 * hidden folders hold caches and histories, which nobody asked for.
 */
export async function listFiles(folder: string): Promise<Listing> {
  const files: string[] = [];
  const folders = [folder];
  let unreadableFolders = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const entries = await readFolder(next);
    if (entries instanceof Error) {
      if (next === folder) throw entries;
      unreadableFolders++;
      continue;
    }
    for (const entry of entries) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith(".")) folders.push(path);
      if (entry.isFile()) files.push(path);
    }
  }
  return { files: files.sort(), unreadableFolders };
}

async function readFolder(folder: string): Promise<Dirent[] | Error> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = REASONS[code ?? ""] ?? String(cause);
    return new Error(`Cannot search ${folder}: ${reason}; name a folder that exists`, { cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such folder",
  ENOTDIR: "it is not a folder",
  EACCES: "it may not be read",
};
