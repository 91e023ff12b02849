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

/** Of a module that goes by reference, what its receiver compares. */
export function sourceOf(url: string): Pick<ReferenceCode, "sourceHash" | "package"> {
  return { sourceHash: hashFile(url), package: packageOf(url) };
}

/** By folder of a package, its name and version. */
const packages = new Map<string, string>();

/** Empty: the module is part of no installed package. */
function packageOf(url: string): string {
  const folder = /^file:.*\/node_modules\/(?:@[^/]+\/)?[^/@]+\//.exec(url)?.[0];
  if (folder === undefined) return "";
  let found = packages.get(folder);
  if (found === undefined) packages.set(folder, (found = readPackage(folder)));
  return found;
}

function readPackage(folder: string): string {
  const text = readText(`${folder}package.json`);
  if (text === undefined) return "";
  const { name, version } = JSON.parse(text) as { name?: string; version?: string };
  return name === undefined || version === undefined ? "" : `${name} ${version}`;
}

/** Empty: not to be compared. Packages do not change while a program runs. */
function hashFile(url: string): string {
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

/** Call before the module is loaded. Throws if its file or package is not what the sender has. */
export function checkFile(code: ReferenceCode): void {
  const { specifier, sourceHash } = code;
  if (isOtherVersion(code)) throw sourceDiffers(code);
  if (sourceHash === "") return;
  let hash = loadedAs.get(specifier);
  if (hash === undefined) loadedAs.set(specifier, (hash = hashFile(specifier)));
  if (hash !== sourceHash) throw sourceDiffers(code);
}

function isOtherVersion({ specifier, package: sent }: ReferenceCode): boolean {
  const installed = sent === "" ? "" : packageOf(specifier);
  return installed !== "" && installed !== sent;
}

export function sourceDiffers(code: ReferenceCode): SerializationError {
  const { path, specifier } = code;
  if (isOtherVersion(code)) {
    return new SerializationError(
      `Cannot load ${path.join(".")}: the sender has ${code.package}, and ${specifier} is of ` +
        `${packageOf(specifier)}; install the same version on both sides`,
    );
  }
  return new SerializationError(
    `Cannot load ${path.join(".")}: its source in ${specifier} differs from the sender's; ` +
      "restart the program so that all processes run the same files",
  );
}
