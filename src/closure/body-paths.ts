/**
 * How a path leads through what is sent of functions and instances: whatever is laid down there
 * under a key of this folder's own, the path shows what the user wrote.
 */

import type { ReadBody } from "../values/encode.ts";
import type { Key, KeysRead, Labels } from "../values/path.ts";
import type { FunctionState } from "./function-state.ts";
import {
  CLASS_KEY,
  CONTENT_KEY,
  PRIVATE_KEY,
  PROTOTYPE_KEY,
  SPECIAL_KEY,
  WEAK_KEY,
  type ClassPrivates,
} from "./instance-body.ts";
import type { Properties, SpecialProperty } from "./properties.ts";
import type { WeakEntry } from "./weak-privates.ts";

/** Key of a function's body that no captured variable can have. */
export const STATE_KEY = "<state>";

type Body = Readonly<Record<string, unknown>>;

/** `square → helper → db`: what a function uses; or what it has become beside its source. */
export const readCaptures: ReadBody = ({ body }, [name, ...keys], labels) => {
  if (name !== STATE_KEY) return [variable(String(name)), 1];
  return after(1, readState((body as Body)[STATE_KEY] as FunctionState, keys, labels));
};

/** Of a bound function: through its target, or what it is bound to. */
export const readBound: ReadBody = (_extended, [part]) => {
  return [part === "target" ? "" : variable(String(part)), 1];
};

/** Of the prototype of a class, through the class. */
export const readPrototype: ReadBody = () => [".constructor", 1];

export const readInstance: ReadBody = ({ head, body }, [first, ...keys], labels) => {
  const parts = body as Body;
  switch (first) {
    case CLASS_KEY:
      return [".constructor", 1];
    case PROTOTYPE_KEY:
      return ["", 1]; // What it inherits is found in the object itself.
    case SPECIAL_KEY:
      return after(1, readSpecial(parts[SPECIAL_KEY] as SpecialProperty[], keys, labels));
    case CONTENT_KEY:
      return after(1, readContent(head, parts[CONTENT_KEY] as unknown[], keys, labels));
    case PRIVATE_KEY:
      return [ownerLabel(parts, Number(keys[0])), 3];
    case WEAK_KEY:
      return [weakLabel(parts[WEAK_KEY] as WeakEntry[], keys), 3];
    default:
      return [fieldLabel(parts, String(first), labels), 1];
  }
};

/** `count` keys were read before. */
function after(count: number, [label, more]: KeysRead): KeysRead {
  return [label, count + more];
}

function variable(name: string): string {
  return ` → ${name}`;
}

function readState(
  state: FunctionState,
  [part, ...keys]: readonly Key[],
  labels: Labels,
): KeysRead {
  switch (part) {
    case "own":
      return after(1, readProperties(state.own, keys, labels));
    case "prototype": {
      const [label, count] = readProperties(state.prototype, keys, labels);
      return [`.prototype${label}`, 1 + count];
    }
    case "parent":
    case "prototypeParent":
      return [baseLabel(state[part]), 1];
    case "privates":
      return [`.${String(keys[0])}`, 2];
    default:
      return ["", 1];
  }
}

function baseLabel(base: unknown): string {
  return typeof base === "function" ? variable(base.name || "its base class") : "";
}

function readProperties(
  properties: Properties | undefined,
  [kind, ...keys]: readonly Key[],
  labels: Labels,
): KeysRead {
  if (kind === "special") return after(1, readSpecial(properties?.special, keys, labels));
  return [keys[0] === undefined ? "" : labels.property(String(keys[0])), 2];
}

/** A list of properties, then the parts of one. A getter or setter reads as its property. */
function readSpecial(
  list: readonly SpecialProperty[] | undefined,
  [index]: readonly Key[],
  labels: Labels,
): KeysRead {
  const property = list?.[Number(index)];
  return [property === undefined ? "" : labels.property(property[0]), 2];
}

/** Of an instance of a Map or Set: keys and values in turn, or members. */
function readContent(
  head: unknown,
  items: readonly unknown[],
  [place]: readonly Key[],
  labels: Labels,
): KeysRead {
  const index = Number(place);
  const isMap = (head as readonly unknown[])[0] === "Map";
  if (!isMap) return [`.values()[${index}]`, 1];
  const entry = index >> 1;
  return [index % 2 === 0 ? `.keys()[${entry}]` : labels.entry(items[index - 1], entry), 1];
}

function privatesOf(body: Body): readonly ClassPrivates[] {
  return (body[PRIVATE_KEY] ?? []) as readonly ClassPrivates[];
}

/** A class that gave the instance private fields: its own, or a base of that. */
function ownerLabel(body: Body, place: number): string {
  const owner = privatesOf(body)[place]?.[0];
  const isOwn = owner === undefined || owner === body[CLASS_KEY];
  return isOwn ? ".constructor" : `.constructor${baseLabel(owner)}`;
}

/** What a WeakMap beside the class holds for the instance. */
function weakLabel(entries: readonly WeakEntry[], [index, part]: readonly Key[]): string {
  const name = entries[Number(index)]?.[2];
  return part === 1 ? `.constructor${variable(`${name}.get(this)`)}` : ".constructor";
}

/** A private field may have been given another name, for there was one like it. */
function fieldLabel(body: Body, key: string, labels: Labels): string {
  const isPrivate = privatesOf(body).some(([, keys]) => keys.includes(key));
  return isPrivate ? `.${key.replace(/'+$/, "")}` : labels.property(key);
}
