/**
 * Names of the platform's own functions and objects: what cannot be shipped as source is named,
 * and found again under that name at the other end.
 */

import { builtinModules } from "node:module";
import { ownRequire } from "./package-files.ts";
import { ownValue } from "./properties.ts";
import { isNativeText, textOf } from "./platform.ts";

/** Module (empty: the global object) and the way from there; `@@name` is a well-known symbol. */
export interface BuiltinName {
  readonly specifier: string;
  readonly path: readonly string[];
}

const OBJECT_DEPTH = 3;
/** These lead to the whole program (`process.mainModule`, `Module._cache`): no further. */
const SHALLOW_MODULES = new Set(["process", "module", "cluster", "domain", "repl"]);
/** Platform objects a program may hold in a variable; functions are recognised in any place. */
const GLOBAL_OBJECTS = [
  "Atomics",
  "Intl",
  "JSON",
  "Math",
  "Reflect",
  "WebAssembly",
  "console",
  "globalThis",
];
const PROCESS_OBJECTS = ["stdin", "stdout", "stderr"];

/** In rebuilt code `$value(module.f)(x)` calls `f` without the module as `this`. */
export function asValue<Value>(value: Value): Value {
  return value;
}

/** What rebuilt code is given by us: functions inside it, sent on, name it too. */
const OWN_SPECIFIER = "mobula:";
const own: Record<string, object> = { asValue };
const ownNames = new WeakMap<object, BuiltinName>();

/**
 * Functions and classes of this package that shipped code may use: every process has them, also
 * where a bundler has put them into the program's own file.
 */
export function nameOwn(functions: Readonly<Record<string, object>>): void {
  Object.assign(own, functions);
  for (const [name, value] of Object.entries(functions)) {
    ownNames.set(value, { specifier: OWN_SPECIFIER, path: [name] });
  }
}
nameOwn(own);

export function findOwnName(value: object): BuiltinName | undefined {
  return ownNames.get(value);
}

const names = new WeakMap<object, BuiltinName>();
const objectNames = new WeakMap<object, BuiltinName>();
let modulesNamed = 0;
const walkedRealms = new WeakSet<object>();
const walked = new Set<string>();

/** The caller knows that `value` is the platform's: a program's own globals are found as well. */
export function findBuiltinName(value: object): BuiltinName | undefined {
  if (walked.size === 0) {
    walked.add("");
    walkGlobals(globalThis);
    walk(process, { specifier: "node:process", path: [] }, 1);
  }
  return names.get(value) ?? findAgain(value) ?? findInOtherRealm(value);
}

/** Objects (not functions) are named only if they are surely the platform's. */
export function findBuiltinObject(value: object): BuiltinName | undefined {
  const loaded = loadedModules();
  if (loaded.length !== modulesNamed) {
    modulesNamed = loaded.length;
    for (const name of GLOBAL_OBJECTS) {
      objectNames.set(Reflect.get(globalThis, name) as object, { specifier: "", path: [name] });
    }
    for (const id of loaded) {
      const exports: unknown = ownRequire(id);
      if (isObject(exports)) objectNames.set(exports, { specifier: `node:${id}`, path: [] });
    }
  }
  return objectNames.get(value) ?? findStandardStream(value);
}

function findStandardStream(value: object): BuiltinName | undefined {
  if (typeof ownValue(value, "fd") !== "number") return undefined;
  const name = PROCESS_OBJECTS.find((stream) => Reflect.get(process, stream) === value);
  return name === undefined ? undefined : { specifier: "node:process", path: [name] };
}

/** Precondition: `name` came from `findBuiltinName` or `findBuiltinObject` of some process. */
export function getBuiltin({ specifier, path }: BuiltinName): unknown {
  let value = rootOf(specifier);
  for (const [index, step] of path.entries()) {
    if (value === undefined || value === null) {
      const where = [specifier, ...path.slice(0, index)].join(" ");
      throw new TypeError(`Cannot find ${path.join(".")}: this Node has no ${where}`);
    }
    value = Reflect.get(Object(value), keyOf(step)) as unknown;
  }
  return value;
}

function rootOf(specifier: string): unknown {
  if (specifier === "") return globalThis;
  return specifier === OWN_SPECIFIER ? own : ownRequire(specifier);
}

function keyOf(step: string): PropertyKey {
  if (!step.startsWith("@@")) return step;
  return Reflect.get(Symbol, step.slice(2)) as symbol;
}

/** Modules loaded since the last walk, and globals that are made on first use. */
function findAgain(value: object): BuiltinName | undefined {
  for (const id of loadedModules()) {
    if (walked.has(id)) continue;
    walked.add(id);
    const depthMax = SHALLOW_MODULES.has(id) ? 1 : OBJECT_DEPTH;
    walk(ownRequire(id), { specifier: `node:${id}`, path: [] }, depthMax);
  }
  const found = names.get(value);
  if (found !== undefined || typeof value !== "function") return found;
  const { name } = value;
  if (Reflect.get(globalThis, name) !== value) return undefined;
  return { specifier: "", path: [name] };
}

function findInOtherRealm(value: object): BuiltinName | undefined {
  const realm = realmOf(value);
  if (realm === undefined || realm === globalThis || walkedRealms.has(realm)) return undefined;
  walkedRealms.add(realm);
  walkGlobals(realm);
  return names.get(value);
}

/** The global object of the `vm` context that a function was made in. */
function realmOf(value: object): object | undefined {
  if (typeof value !== "function" || !isNativeText(textOf(value))) return;
  try {
    const make = Reflect.get(value, "constructor") as (text: string) => () => unknown;
    const realm: unknown = make("return globalThis")();
    return isObject(realm) ? realm : undefined;
  } catch {
    return undefined; // The context forbids code from strings: then nothing of it has a name.
  }
}

/** `realm`: a global object, this one's or that of a `vm` context; the names are the same. */
function walkGlobals(realm: object): void {
  const walkGlobal = (path: readonly string[], depthMax: number): void => {
    const root = path.reduce<unknown>((at, step) => Reflect.get(Object(at), step), realm);
    if (isObject(root)) walk(root, { specifier: "", path }, depthMax);
  };
  for (const name of GLOBAL_OBJECTS) {
    if (name !== "globalThis") walkGlobal([name], name === "console" ? 1 : OBJECT_DEPTH);
  }
  // Above Int8Array and its like, where their methods are; it has no name of its own.
  walkGlobal(["Int8Array", "__proto__"], OBJECT_DEPTH);
  for (const name of Object.getOwnPropertyNames(realm)) {
    const value: unknown = Reflect.getOwnPropertyDescriptor(realm, name)?.value;
    if (typeof value !== "function" || names.has(value)) continue;
    names.set(value, { specifier: "", path: [name] });
    walkGlobal([name], OBJECT_DEPTH);
  }
}

let loadList: readonly string[] = [];
let loadListLength = 0;

/** Public built-in modules that this process has loaded: the others hold nothing it could have. */
function loadedModules(): readonly string[] {
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] };
  if (moduleLoadList.length !== loadListLength) {
    loadListLength = moduleLoadList.length;
    const loaded = new Set(moduleLoadList.map((entry) => entry.replace(/^NativeModule /, "")));
    loadList = builtinModules.filter((id) => !id.startsWith("_") && loaded.has(id));
  }
  return loadList;
}

/** Breadth first, so that the shortest name wins; getters are not called. */
function walk(root: unknown, rootName: BuiltinName, depthMax: number): void {
  let level: [object, BuiltinName][] = [[root as object, rootName]];
  for (let depth = 0; depth < depthMax; depth++) {
    const next: [object, BuiltinName][] = [];
    for (const [owner, { specifier, path }] of level) {
      for (const key of Reflect.ownKeys(owner)) {
        const step = stepOf(key);
        const value: unknown = Reflect.getOwnPropertyDescriptor(owner, key)?.value;
        if (step === undefined || !isObject(value) || names.has(value)) continue;
        const name = { specifier, path: [...path, step] };
        names.set(value, name);
        next.push([value, name]);
      }
    }
    level = next;
  }
}

function stepOf(key: string | symbol): string | undefined {
  if (typeof key === "string") return key.startsWith("@@") ? undefined : key;
  const name = key.description?.replace(/^Symbol\./, "");
  return name !== undefined && Reflect.get(Symbol, name) === key ? `@@${name}` : undefined;
}

/** Whether a symbol was made by the program, for itself: others exist in every process. */
export function isLocal(symbol: symbol): boolean {
  return Symbol.keyFor(symbol) === undefined && stepOf(symbol) === undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
