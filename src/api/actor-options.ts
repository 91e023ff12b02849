/** The rules of actor options. */

import { InvalidOptionError } from "../base/errors.ts";
import { membersOf } from "../runtime/methods.ts";
import type { ActorOptions, ConcurrencyGroup } from "./actor-types.ts";
import {
  checkOptions,
  describe,
  isAmount,
  isBoolean,
  isCount,
  isCountOrInfinity,
  isCountOrInfinityFrom,
  isRecordOf,
  isString,
  isText,
  isTimeout,
  type Rule,
} from "./options.ts";

const isLifetime: Rule = (value) =>
  value === "handle" || value === "detached" ? undefined : 'must be "handle" or "detached"';

/** More cores no machine tells apart. */
const CORES_MAX = 1_024;

const isCoreList: Rule = (value) =>
  Array.isArray(value) && value.length > 0 && value.every(isCore)
    ? undefined
    : `must be an array of core numbers from 0 to ${CORES_MAX - 1}, like [0, 1]`;

function isCore(value: unknown): boolean {
  return isCount(0)(value) === undefined && (value as number) < CORES_MAX;
}

const isGroup: Rule = (value) => {
  const { maxConcurrency, methods } = Object(value) as Partial<ConcurrencyGroup>;
  const isGood = isCountOrInfinity(maxConcurrency) === undefined && Array.isArray(methods);
  return isGood && methods.every((name) => typeof name === "string") ? undefined : "wrong";
};

const RULES: Readonly<Record<keyof ActorOptions, Rule>> = {
  name: isText,
  namespace: isText,
  getIfExists: isBoolean,
  lifetime: isLifetime,
  numCpus: isAmount,
  resources: isRecordOf(isAmount, "amounts by name, like { gpu: 1 }"),
  cpuAffinity: isCoreList,
  memoryBytes: isCount(1),
  env: isRecordOf(isString, "strings by name"),
  maxRestarts: isCountOrInfinityFrom(0),
  maxTaskRetries: isCountOrInfinityFrom(0),
  maxConcurrency: isCountOrInfinity,
  concurrencyGroups: isRecordOf(
    isGroup,
    'groups by name, like { io: { maxConcurrency: 2, methods: ["load"] } }',
  ),
  maxPendingCalls: isCountOrInfinity,
  startTimeoutMs: isTimeout,
};

/** `actorClass`: undefined where only its name is known. */
export function checkActorOptions(
  options: ActorOptions,
  actorClass: { readonly name: string; readonly prototype: object } | undefined,
): void {
  checkOptions(options, RULES, `remote class ${actorClass?.name ?? ""}`.trim());
  if (options.name === undefined) {
    if (options.lifetime === "detached") refuse("lifetime", options, "is of use with a name only");
    if (options.getIfExists === true) refuse("getIfExists", options, "is of use with a name only");
  }
  const methods = actorClass && membersOf(actorClass);
  const grouped = new Set<string>();
  for (const { methods: names } of Object.values(options.concurrencyGroups ?? {})) {
    for (const name of names) {
      if (grouped.has(name)) refuse("concurrencyGroups", options, `names ${name} twice`);
      grouped.add(name);
      if (methods !== undefined && methods.get(name) !== "method") {
        const known = [...methods].filter(([, member]) => member === "method").map(([key]) => key);
        const text = `names ${name}, which is no method; the methods are ${known.join(", ")}`;
        refuse("concurrencyGroups", options, text);
      }
    }
  }
}

function refuse(option: keyof ActorOptions, options: ActorOptions, why: string): never {
  const value: unknown = options[option];
  throw new InvalidOptionError(
    `Cannot use option ${option} of a remote class: it is ${describe(value)} and ${why}`,
    { option, value },
  );
}
