/** Checks options where they come in. Everything behind this door can rely on them. */

import { InvalidOptionError } from "../base/errors.ts";
import { RETURNS_MAX } from "../base/limits.ts";

/** Returns what is wrong with a value, as "must be …"; undefined if nothing is. */
export type Rule = (value: unknown) => string | undefined;
export type Rules = Readonly<Record<string, Rule>>;

/** Throws InvalidOptionError naming option, value and rule. `undefined` values count as absent. */
export function checkOptions(options: unknown, rules: Rules, of: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(
      `Cannot use options of ${of}: ${describe(options)} is no object; ` +
        `pass { ${Object.keys(rules)[0]}: ... }`,
      { option: "options", value: options },
    );
  }
  for (const [option, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, option) ? rules[option] : undefined;
    if (rule === undefined) {
      throw new InvalidOptionError(
        `Cannot use option ${option} of ${of}: there is no such option; ` +
          `${nearest(option, Object.keys(rules))}`,
        { option, value },
      );
    }
    const complaint = value === undefined ? undefined : rule(value);
    if (complaint !== undefined) {
      throw new InvalidOptionError(
        `Cannot use option ${option} of ${of}: it is ${describe(value)} and ${complaint}`,
        { option, value },
      );
    }
  }
}

function nearest(option: string, known: readonly string[]): string {
  const lower = option.toLowerCase();
  const best = known
    .map((name) => ({ name, distance: editDistance(lower, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (best !== undefined && best.distance <= 2) return `did you mean ${best.name}?`;
  return `the options are ${known.join(", ")}`;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}

export function describe(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) {
    const name: unknown = value.constructor?.name;
    return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object";
  }
  return String(value);
}

export const isText: Rule = (value) =>
  typeof value === "string" && value !== "" ? undefined : "must be a string that is not empty";

export const isBoolean: Rule = (value) =>
  typeof value === "boolean" ? undefined : "must be true or false";

export const isAmount: Rule = (value) =>
  typeof value === "number" && value >= 0 && value < 1e9
    ? undefined
    : "must be a number from 0 on, fractions allowed";

export const isShare: Rule = (value) =>
  typeof value === "number" && value > 0 && value <= 1
    ? undefined
    : "must be a number above 0, 1 at most";

/** Whole numbers from `least` on. */
export function isCount(least: number): Rule {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least
      ? undefined
      : `must be a whole number from ${least} on`;
}

/** Refs that a call gives. */
export const isReturnCount: Rule = (value) =>
  isCount(1)(value) === undefined && (value as number) <= RETURNS_MAX
    ? undefined
    : `must be a whole number from 1 to ${RETURNS_MAX}`;

/** `Infinity` stands for no limit. */
export function isCountOrInfinityFrom(least: number): Rule {
  return (value) =>
    value === Infinity
      ? undefined
      : isCount(least)(value) && `must be a whole number from ${least} on, or Infinity`;
}

export const isCountOrInfinity: Rule = isCountOrInfinityFrom(1);

export const isFinite: Rule = (value) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : "must be a finite number";

/** Longer times make `setTimeout` fire at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export const isTimeout: Rule = (value) =>
  typeof value === "number" && (value === Infinity || (value >= 0 && value <= TIMEOUT_MS_MAX))
    ? undefined
    : `must be a time in milliseconds from 0 to ${TIMEOUT_MS_MAX}, or Infinity`;

export const isSignal: Rule = (value) =>
  value instanceof AbortSignal ? undefined : "must be an AbortSignal";

export const isFunction: Rule = (value) =>
  typeof value === "function" ? undefined : "must be a function";

/** An object whose values all follow `rule`. */
export function isRecordOf(rule: Rule, what: string): Rule {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return `must be an object of ${what}`;
    }
    for (const [key, item] of Object.entries(value)) {
      const complaint = rule(item);
      if (complaint !== undefined) return `its ${key} is ${describe(item)}, which ${complaint}`;
    }
    return undefined;
  };
}

export const isString: Rule = (value) =>
  typeof value === "string" ? undefined : "must be a string";

export const isStringArray: Rule = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
    ? undefined
    : "must be an array of strings";
