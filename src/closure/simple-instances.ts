/**
 * Instances that are no more than their class and ordinary properties, as most are. What is sent
 * is what `instance-body.ts` would find; of several, the value format repeats neither class nor
 * keys. Hot path.
 */

import { ordinaryValues, ownNames } from "../base/ordinary-properties.ts";
import type { SimpleClass } from "../values/encode.ts";
import { CLASS_KEY } from "./instance-body.ts";
import { define, ORDINARY } from "./properties.ts";

/** `undefined`: something about a property is special. */
export function simpleBody(
  value: object,
  { owner, standFor }: SimpleClass,
): Record<string, unknown> | undefined {
  const names = ownNames(value);
  // Keys of a body that are no properties begin so.
  if (names?.every((name) => !name.startsWith("<") && name !== "__proto__") !== true) return;
  const values = ordinaryValues(value, names);
  if (values === undefined) return undefined;
  const body: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) body[name] = standFor(values[index]);
  // Last: a path to what also the class leads to goes through the property.
  body[CLASS_KEY] = owner;
  return body;
}

/** Returns false if `body` holds more than a simple one; then nothing is done. */
export function fillSimple(created: object, body: Readonly<Record<string, unknown>>): boolean {
  const owner = body[CLASS_KEY];
  if (typeof owner !== "function") return false;
  for (const key of Object.keys(body)) if (key.startsWith("<") && key !== CLASS_KEY) return false;
  const prototype = owner.prototype as object;
  Object.setPrototypeOf(created, prototype);
  const target = created as Record<string, unknown>;
  for (const key of Object.keys(body)) {
    if (key === CLASS_KEY) continue;
    // A setter or a constant of that name further up would stand in the way.
    if (key in prototype) define(created, key, ORDINARY, body[key]);
    else target[key] = body[key];
  }
  return true;
}
