/** What is sent of an instance beside what it is made from: properties, class, private fields. */

import { CannotShip } from "./cannot-ship.ts";
import { getClassInfo, ownConstructor } from "./class-info.ts";
import { inspectPrivateFields } from "./inspect.ts";
import type { Kind } from "./kinds.ts";
import { HIDDEN, listProperties, ORDINARY, type SpecialProperty } from "./properties.ts";
import { textOf } from "./platform.ts";

/** Keys of a body that are no properties of the object. */
export const CLASS_KEY = "<class>";
export const PROTOTYPE_KEY = "<prototype>";
export const CONTENT_KEY = "<content>";
export const SPECIAL_KEY = "<special>";
export const PRIVATE_KEY = "<private>";
export const BOUND_KEY = "<bound>";
export const WEAK_KEY = "<weak>";
const RESERVED = [
  CLASS_KEY,
  PROTOTYPE_KEY,
  CONTENT_KEY,
  SPECIAL_KEY,
  PRIVATE_KEY,
  BOUND_KEY,
  WEAK_KEY,
];

/** A class and the keys under which the values of its private fields are. */
export type ClassPrivates = readonly [Function, readonly string[]];

/** Own properties under their names, all else under the keys above. `owners`: base class first. */
export function bodyOf(
  value: object,
  kind: Kind | undefined,
  owners: readonly Function[],
): Record<string, unknown> {
  const isError = kind?.name === "Error";
  const bound: string[] = [];
  const { plain, special } = listProperties(value, (key, property) => {
    if (kind?.isGiven?.(key) === true || (isError && key === "stack")) return true;
    if (!isBoundField(key, property.value, owners)) return false;
    bound.push(key);
    return true;
  });
  const body = plain;
  const specials: SpecialProperty[] = [...special];
  if (isError) specials.unshift(["stack", HIDDEN, (value as Error).stack]);
  for (const key of RESERVED) {
    if (!Object.hasOwn(plain, key)) continue;
    specials.push([key, ORDINARY, plain[key]]);
    delete body[key];
  }
  if (specials.length > 0) body[SPECIAL_KEY] = specials;
  if (kind?.parts !== undefined) body[CONTENT_KEY] = kind.parts(value);
  if (bound.length > 0) body[BOUND_KEY] = bound;
  if (owners.length > 0) body[PRIVATE_KEY] = addPrivates(body, value, owners);
  const prototype = Object.getPrototypeOf(value) as object | null;
  const own = prototype === null ? undefined : ownConstructor(prototype);
  if (own === undefined) body[PROTOTYPE_KEY] = prototype;
  else body[CLASS_KEY] = own;
  return body;
}

function isBoundField(
  key: string | symbol,
  value: unknown,
  owners: readonly Function[],
): key is string {
  if (typeof value !== "function" || typeof key !== "string") return false;
  const text = textOf(value);
  return owners.some((owner) => getClassInfo(owner).boundFields.get(key) === text);
}

/**
 * Adds the values under the names of the fields, which a path then shows. `owners`: base class
 * first, as the fields were put there.
 */
function addPrivates(
  body: Record<string, unknown>,
  value: object,
  owners: readonly Function[],
): ClassPrivates[] {
  const fields = inspectPrivateFields(value);
  for (const field of fields.filter(({ value: held }) => typeof held === "function")) {
    if (isBoundField(field.name, field.value, owners)) fields.splice(fields.indexOf(field), 1);
  }
  return owners.map((owner) => {
    const keys = getClassInfo(owner).privateFields.map((name) => {
      const index = fields.findIndex((field) => field.name === `#${name}`);
      if (index < 0) throw new CannotShip(`its field #${name} of ${owner.name} cannot be read`);
      const key = freeKey(`#${name}`, body);
      body[key] = fields.splice(index, 1)[0]?.value;
      return key;
    });
    return [owner, keys];
  });
}

/** A base class or a property may have that name already. */
function freeKey(name: string, body: Readonly<Record<string, unknown>>): string {
  let key = name;
  while (Object.hasOwn(body, key)) key += "'";
  return key;
}

/** The properties alone, as `bodyOf` found them. */
export function plainOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = { ...body };
  const privates = (body[PRIVATE_KEY] ?? []) as readonly ClassPrivates[];
  for (const key of [...RESERVED, ...privates.flatMap(([, keys]) => keys)]) delete plain[key];
  return plain;
}
