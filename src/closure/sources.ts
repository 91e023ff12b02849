/**
 * What a module's file says, here and elsewhere: a function goes by reference only where others
 * load the text that this process loaded.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SerializationError } from "../base/errors.ts";
import { sha256, type ReferenceCode } from "./code.ts";
import { isSandboxed } from "./inspect.ts";
import { isOwnFileUrl } from "./platform.ts";

/** By URL, the hash of the text that this process loaded first, of modules that went out. */
const sentFirst = new Map<string, string>();
/** By URL, the hash of the file when this process loaded it for somebody else. */
const loadedAs = new Map<string, string>();

/**
 * Whether other processes load `source` from `url`. A module that was loaded here again after it
 * had changed is another one: they may hold the old one. A test runner's `vm` context has
 * transforms (coverage, TypeScript) that they have not.
 */
export function isSameElsewhere(url: string, source: string): boolean {
  const hash = sha256(source);
  const first = sentFirst.get(url);
  if (first === undefined) sentFirst.set(url, hash);
  else if (first !== hash) return false;
  return !isSandboxed || !url.startsWith("file:") || readText(url) === source;
}

/** Empty: not to be compared. Packages do not change while a program runs. */
export function hashFile(url: string): string {
  if (!isOwnFileUrl(url)) return "";
  const text = readText(url);
  return text === undefined ? "" : sha256(text);
}

function readText(url: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(url), "utf8");
  } catch {
    return undefined; // A loader of the program gave the text: there is no such file.
  }
}

/** Call before the module is loaded. Throws if its file is not what the sender has. */
export function checkFile({ specifier, path, sourceHash }: ReferenceCode): void {
  if (sourceHash === "") return;
  let hash = loadedAs.get(specifier);
  if (hash === undefined) loadedAs.set(specifier, (hash = hashFile(specifier)));
  if (hash !== sourceHash) throw sourceDiffers(path, specifier);
}

export function sourceDiffers(path: readonly string[], specifier: string): SerializationError {
  return new SerializationError(
    `Cannot load ${path.join(".")}: its source in ${specifier} differs from the sender's; ` +
      "restart the program so that all processes run the same files",
  );
}
