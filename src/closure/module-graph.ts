/**
 * Which modules import the entry, themselves or through others: importing them elsewhere would run
 * the entry's top level there.
 */

import { readOwnSources } from "./inspect.ts";

/** Also finds what only looks like an import, in a string; then a function goes by value. */
const IMPORTS = /(?:\bfrom|\bimport|\brequire\s*\()\s*["']([^"']+)["']/g;

export class ModuleGraph {
  readonly #isEntry: (url: string) => boolean;
  /** Of modules that were looked at; what a loaded module imports does not change. */
  readonly #leads = new Map<string, boolean>();
  /** Imports of each loaded file, by the file's key. */
  #imports = new Map<string, readonly string[]>();

  constructor(isEntry: (url: string) => boolean) {
    this.#isEntry = isEntry;
  }

  leadsToEntry(url: string): boolean {
    const start = keyOf(url);
    if (url.includes("/node_modules/")) return false;
    if (!this.#imports.has(start)) this.#imports = readImports(start);
    const known = this.#leads.get(start);
    if (known !== undefined) return known;
    const leads = this.#search(start);
    this.#leads.set(start, leads);
    return leads;
  }

  #search(start: string): boolean {
    const seen = new Set([start]);
    for (const key of seen) {
      for (const target of this.#imports.get(key) ?? []) {
        if (this.#isEntry(target)) return true;
        seen.add(keyOf(target));
      }
    }
    return false;
  }
}

/** `start` is there in any case, so that nobody asks again. */
function readImports(start: string): Map<string, readonly string[]> {
  const imports = new Map<string, readonly string[]>([[start, []]]);
  for (const [url, source] of readOwnSources()) {
    const targets = Array.from(source.matchAll(IMPORTS), ([, name = ""]) => resolveOwn(name, url));
    imports.set(
      keyOf(url),
      targets.filter((target) => target !== undefined),
    );
  }
  return imports;
}

/** `undefined`: a package or a built-in module. */
export function resolveOwn(specifier: string, url: string): string | undefined {
  if (!/^(\.{1,2}\/|file:|\/)/.test(specifier)) return undefined;
  return URL.canParse(specifier, url) ? new URL(specifier, url).href : undefined;
}

/** Without query and extension: `./x.js` may mean `x.ts`. */
function keyOf(url: string): string {
  return url.replace(/[?#].*$/, "").replace(/\.[cm]?[jt]sx?$/, "");
}
