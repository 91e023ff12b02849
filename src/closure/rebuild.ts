/** Functions and classes made from their code objects. */

import { anything } from "./anything.ts";
import { asValue } from "./builtins.ts";
import { BASE_CELL, HOOKS_CELL, KEYS_CELL, STAMP_CELL } from "./cells.ts";
import type { ValueCode } from "./code.ts";
import { runAs } from "./compile.ts";
import { getNamespace, importMetaOf } from "./modules.ts";

type Values = Readonly<Record<string, unknown>>;

export interface Rebuilt {
  readonly value: Function;
  /** Gives the variables their values, by the names in `code.cells`. */
  readonly setCells: (values: Values) => void;
  /** Access to private fields, if the class has any: values in the order of their declaration. */
  readonly hooks: ClassHooks;
}

export interface ClassHooks {
  setFields?: (object: object, values: readonly unknown[]) => void;
  setStatics?: (values: readonly unknown[]) => void;
}

/** More than any constructor has parameters. */
const ARGUMENTS = 64;

/** The object that receives private fields instead of a new one; see `stampFields`. */
const stamp: { target: object | undefined; readonly anything: unknown } = {
  target: undefined,
  anything,
};

/** In place of a base class that is not there yet, and of none where a constructor can stamp. */
function Base(): object | undefined {
  return stamp.target;
}
Base.prototype = Object.prototype;

type Factory = (
  given: readonly unknown[],
  keys: readonly PropertyKey[],
  base: unknown,
  stamp: unknown,
  hooks: ClassHooks,
) => [Rebuilt["setCells"], unknown];

const factories = new Map<string, Factory>();

/**
 * A new function whose variables are not set yet; `keys` are the computed names of its methods.
 * Precondition: its imports are loaded.
 */
export function rebuild(code: ValueCode, keys: readonly PropertyKey[]): Rebuilt {
  let factory = factories.get(code.hash);
  if (factory === undefined) factories.set(code.hash, (factory = compile(code)));
  const given: unknown[] = code.imports.map((wanted) =>
    getNamespace({ ...wanted, parent: code.url }),
  );
  if (code.valueCell !== undefined) given.push(asValue);
  if (code.metaCell !== undefined) given.push(importMetaOf(code.url));
  const hooks: ClassHooks = {};
  const [setCells, built] = factory(given, keys, Base, stamp, hooks);
  const value = extract(code, built);
  restore(value, "name", code.name);
  restore(value, "length", code.length);
  return { value, setCells, hooks };
}

/**
 * The text stands on a line of its own, at the line and column it had in its file, so that stack
 * traces and breakpoints point there.
 */
function compile(code: ValueCode): Factory {
  const given = code.imports.map(({ cell }) => cell);
  if (code.valueCell !== undefined) given.push(code.valueCell);
  if (code.metaCell !== undefined) given.push(code.metaCell);
  const parameters = [`[${given.join()}]`];
  if (code.class !== undefined) parameters.push(KEYS_CELL, BASE_CELL, STAMP_CELL, HOOKS_CELL);
  const variables = code.cells.map(({ variable }) => variable);
  const declare = variables.length > 0 ? `let ${variables.join()};` : "";
  const pairs = code.cells.map(({ name, variable }) => `${name}:${variable}`);
  let values = "$values";
  while (variables.includes(values)) values += "_";
  const assign = pairs.length > 0 ? `({${pairs.join()}}=${values})` : "";
  const source =
    `${code.strict ? '"use strict";' : ""}return(${parameters.join()})=>{${declare}` +
    `return[(${values})=>{${assign}},\n${" ".repeat(code.column)}${code.text}]}`;
  return runAs(code, source) as Factory;
}

function extract({ form }: ValueCode, built: unknown): Function {
  if (form === "expression") return built as Function;
  const [key] = Reflect.ownKeys(built as object);
  const property = Reflect.getOwnPropertyDescriptor(built as object, key as PropertyKey);
  return (form === "method" ? property?.value : property?.[form]) as Function;
}

function restore(target: Function, key: "name" | "length", value: unknown): void {
  const property = Object.getOwnPropertyDescriptor(target, key);
  if (value === undefined || property?.value === value) return;
  Object.defineProperty(target, key, { value, configurable: true });
}

/**
 * Puts the private fields and methods of a class onto `target`. Precondition: the class was
 * rebuilt from stamped code, so that its constructor does nothing else meanwhile.
 */
export function stampFields(target: object, { value }: Rebuilt): void {
  const base: unknown = Object.getPrototypeOf(value);
  Object.setPrototypeOf(value, Base);
  stamp.target = target;
  try {
    Reflect.construct(value, Array<unknown>(ARGUMENTS).fill(anything));
  } finally {
    stamp.target = undefined;
    Object.setPrototypeOf(value, base as object);
  }
}
