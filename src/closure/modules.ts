/** Modules that shipped code needs, loaded where it runs. */

import { isAbsolute } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SerializationError } from "../base/errors.ts";
import { createRequire, ownRequire } from "./package-files.ts";
import type { CodeObject, ImportAttributes, ReferenceCode } from "./code.ts";
import { getBuiltin } from "./builtins.ts";
import { checkFile } from "./sources.ts";
import { applyInterop } from "./interop.ts";
import { runIn } from "./compile.ts";

type Importer = (specifier: string, options?: object) => Promise<object>;

/** A module as seen from a file: relative and bare specifiers mean what they mean there. */
interface Wanted {
  readonly specifier: string;
  readonly parent: string;
  readonly attributes: ImportAttributes;
}

const namespaces = new Map<string, object>();
/** Where a namespace or an `import.meta` came from: captured again, it goes by that. */
const imported = new WeakMap<object, Wanted>();
const metaUrls = new WeakMap<object, string>();
const metas = new Map<string, object>();
const importers = new Map<string, Importer>();

function keyOf({ specifier, parent, attributes }: Wanted): string {
  return JSON.stringify([specifier, parent, attributes]);
}

/** Rejects with what the module threw while it was evaluated, or why it could not be found. */
export async function loadModules(code: CodeObject): Promise<void> {
  if (code.kind === "reference") checkFile(code);
  await Promise.all(wantedModules(code).map(load));
}

function wantedModules(code: CodeObject): Wanted[] {
  if (code.kind === "value") {
    return code.imports.map((imported) => ({ ...imported, parent: code.url }));
  }
  return code.via === "import" ? [code] : [];
}

async function load({ specifier, parent, attributes }: Wanted): Promise<void> {
  const wanted = { specifier, parent, attributes };
  const key = keyOf(wanted);
  if (namespaces.has(key)) return;
  const options = attributes.length > 0 ? { with: Object.fromEntries(attributes) } : undefined;
  const namespace = await counted(importerOf(parent)(specifier, options));
  namespaces.set(key, namespace);
  imported.set(namespace, wanted);
}

let loading = 0;

/** Modules are on their way, which takes time of this process, whatever its clock shows. */
export function isLoadingModules(): boolean {
  return loading > 0;
}

async function counted<T>(promise: Promise<T>): Promise<T> {
  loading++;
  try {
    return await promise;
  } finally {
    loading--;
  }
}

/** `import()` as code of the file `parent` would call it. */
function importerOf(parent: string): Importer {
  let importer = importers.get(parent);
  if (importer === undefined) {
    importer = runIn(parent, "return (s, o) => o ? import(s, o) : import(s)", 0) as Importer;
    importers.set(parent, importer);
  }
  return importer;
}

/** Precondition: `loadModules` of a code object that imports it is done. */
export function getNamespace(wanted: Wanted): object {
  const namespace = namespaces.get(keyOf(wanted));
  if (namespace === undefined) {
    throw new Error(`Cannot import ${wanted.specifier} in ${wanted.parent}: it was not loaded`);
  }
  return namespace;
}

/** The value a reference stands for, here. Precondition: `loadModules(code)` is done. */
export function resolveReference(code: ReferenceCode): unknown {
  switch (code.via) {
    case "builtin":
      return getBuiltin(code);
    case "require":
      return follow(requireFor(code), code);
    case "import":
      return follow(getNamespace(code), code);
    case "require-function":
      return createRequire(code.specifier);
    case "import-meta":
      return importMetaOf(code.specifier);
    case "weak":
      throw new Error(`Cannot resolve ${code.specifier}: it is no module's`);
  }
}

function requireFor({ specifier, interop }: ReferenceCode): unknown {
  const isFile = specifier.startsWith("file:");
  const requireThere = isFile ? createRequire(specifier) : ownRequire;
  const exports: unknown = requireThere(isFile ? fileURLToPath(specifier) : specifier);
  return interop === "" ? exports : applyInterop(exports as object, interop);
}

function follow(root: unknown, { path, specifier }: ReferenceCode): unknown {
  let value = root;
  for (const step of path) {
    if (value === undefined || value === null || !(step in Object(value))) {
      throw new SerializationError(
        `Cannot load ${path.join(".")}: ${specifier} has no such export here; ` +
          "make sure that all processes see the same files",
      );
    }
    value = Reflect.get(Object(value), step) as unknown;
  }
  return value;
}

export function findImported(namespace: object): Wanted | undefined {
  return imported.get(namespace);
}

export function findImportMetaUrl(meta: object): string | undefined {
  return metaUrls.get(meta);
}

/** What `import.meta` is in the file `url`, as far as it can be had outside of it. */
export function importMetaOf(url: string): object {
  let meta = metas.get(url);
  if (meta === undefined) {
    meta = url.startsWith("file:") ? fileMeta(url) : { url };
    metas.set(url, meta);
    metaUrls.set(meta, url);
  }
  return meta;
}

function fileMeta(url: string): object {
  const require = createRequire(url);
  const resolve = (specifier: string): string => {
    if (/^(\.{0,2}\/|[a-z]+:)/i.test(specifier)) return new URL(specifier, url).href;
    const found = require.resolve(specifier);
    return isAbsolute(found) ? pathToFileURL(found).href : `node:${found}`;
  };
  return { dirname: fileURLToPath(new URL(".", url)), filename: fileURLToPath(url), resolve, url };
}
