import { findWellKnownName } from "./symbols.ts";

/** One level of a path while a value is written: a key, an index, or what can name itself. */
export type Step = string | number | StepObject;

interface StepObject {
  label(): string;
  /** What the step leads to, where a path goes through what a user cannot name. */
  readonly key?: string | number | undefined;
  /** Reads the keys that follow, which mean something only inside. */
  readonly readInside?: ReadKeys | undefined;
}

/** What the first of `keys` mean to a user, and how many of them that takes: at least one. */
export type ReadKeys = (keys: readonly Key[]) => KeysRead;
export type KeysRead = readonly [label: string, count: number];
export type Key = string | number | undefined;

/** How properties and the values of a Map's entries are written. */
export interface Labels {
  property(key: string | symbol): string;
  entry(key: unknown, place: number): string;
}

/** More than a reader ever takes at once. */
const KEYS_READ_MAX = 8;
/** Levels shown of a very long path, at its beginning and at its end. */
const STEPS_SHOWN = 16;

/** `args[0].client.socket`, `square → helper → db`: where in a value something lies. */
export function formatPath(root: string, trail: readonly Step[], depth: number): string {
  const way: string[] = [];
  for (let i = 0; i < depth;) {
    const step = trail[i++]!;
    way.push(formatStep(step));
    const read = typeof step === "object" ? step.readInside : undefined;
    if (read === undefined || i === depth) continue;
    const keys = trail.slice(i, Math.min(depth, i + KEYS_READ_MAX)).map(keyOf);
    const [label, count] = read(keys);
    way.push(label);
    i += count;
  }
  const shown = way.filter((label) => label !== "");
  const gap = shown.length - 2 * STEPS_SHOWN;
  if (gap > 1) shown.splice(STEPS_SHOWN, gap, `...(${gap} levels)...`);
  return root + shown.join("");
}

function formatStep(step: Step): string {
  if (typeof step === "string") return propertyLabel(step);
  if (typeof step === "number") return `[${step}]`;
  return step.label();
}

function keyOf(step: Step): Key {
  return typeof step === "object" ? step.key : step;
}

export function propertyLabel(key: string | symbol): string {
  if (typeof key === "symbol") return `[${symbolLabel(key)}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${quote(key)}]`;
}

/** A symbol as it is written in source. */
function symbolLabel(symbol: symbol): string {
  const key = Symbol.keyFor(symbol);
  if (key !== undefined) return `Symbol.for(${quote(key)})`;
  const wellKnown = findWellKnownName(symbol);
  return wellKnown === undefined ? String(symbol) : `Symbol.${wellKnown}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

/** The step to the value of a Map's entry. */
export function entryLabel(key: unknown, place: number): string {
  const label = keyLabel(key);
  return label === undefined ? `.values()[${place}]` : `.get(${label})`;
}

/** A key of a Map as it is written in source; objects have no short form. */
function keyLabel(key: unknown): string | undefined {
  switch (typeof key) {
    case "string":
      return quote(key);
    case "bigint":
      return `${key}n`;
    case "symbol":
      return symbolLabel(key);
    case "object":
    case "function":
      return key === null ? "null" : undefined;
    default:
      return String(key);
  }
}

export const labels: Labels = { property: propertyLabel, entry: entryLabel };
