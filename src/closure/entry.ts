/** The program's entry module, known by its URL. */

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Compiled names by which a TypeScript file may be imported. */
const SOURCE_EXTENSION = /\.([cm]?)tsx?$/;

export class Entry {
  readonly #paths: ReadonlySet<string>;

  constructor(url: string | undefined) {
    const path = url === undefined ? undefined : pathOf(url);
    this.#paths = new Set(path === undefined ? [] : [path, path.replace(SOURCE_EXTENSION, ".$1js")]);
  }

  is(url: string): boolean {
    const path = pathOf(url);
    return path !== undefined && this.#paths.has(path);
  }

  /** Whether `specifier` in the file `url` leads to the entry; bare specifiers never do. */
  isImport(specifier: string, url: string): boolean {
    if (!/^(\.{1,2}\/|file:|\/)/.test(specifier)) return false;
    return URL.canParse(specifier, url) && this.is(new URL(specifier, url).href);
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
