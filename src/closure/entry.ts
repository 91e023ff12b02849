/** The program's entry module, known by its URL. */

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ModuleGraph, resolveOwn } from "./module-graph.ts";

/** Compiled names by which a TypeScript file may be imported. */
const SOURCE_EXTENSION = /\.([cm]?)tsx?$/;

/** More than this means code made at run time: start again rather than grow for ever. */
const KNOWN_MAX = 5_000;

export class Entry {
  readonly #paths: ReadonlySet<string>;
  /** By URL: to follow the links of a path asks the disk. */
  readonly #known = new Map<string, boolean>();
  #graph: ModuleGraph | undefined;

  constructor(url: string | undefined) {
    const path = url === undefined ? undefined : pathOf(url);
    this.#paths = new Set(
      path === undefined ? [] : [path, path.replace(SOURCE_EXTENSION, ".$1js")],
    );
  }

  is(url: string): boolean {
    let isEntry = this.#known.get(url);
    if (isEntry === undefined) {
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      const path = pathOf(url);
      isEntry = path !== undefined && this.#paths.has(path);
      this.#known.set(url, isEntry);
    }
    return isEntry;
  }

  /** Whether importing `specifier` in the file `url` runs the entry, itself or on the way. */
  isImport(specifier: string, url: string): boolean {
    const target = resolveOwn(specifier, url);
    return target !== undefined && this.isReachedFrom(target);
  }

  /** Whether the module `url` is the entry or imports it, itself or through others. */
  isReachedFrom(url: string): boolean {
    if (this.#paths.size === 0) return false;
    if (this.is(url)) return true;
    this.#graph ??= new ModuleGraph((target) => this.is(target));
    return this.#graph.leadsToEntry(url);
  }
}

/** Without query and links; `undefined` for what is no file. */
function pathOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const path = fileURLToPath(url);
  try {
    return realpathSync(path);
  } catch {
    // A compiled name has no file under it: then the name itself is compared.
    return path;
  }
}
