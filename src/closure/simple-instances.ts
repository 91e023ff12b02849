/**
 * Instances that are no more than their class and ordinary properties, as most are. What is sent
 * is what `instance-body.ts` would find. Hot path.
 */

import { CLASS_KEY } from "./instance-body.ts";
import { define, isOrdinary, ORDINARY } from "./properties.ts";

/** `undefined`: something about a property is special. `standFor`: see `Outgoing`. */
export function simpleBody(
  value: object,
  owner: Function,
  standFor: (value: unknown) => unknown,
): Record<string, unknown> | undefined {
  const body: Record<string, unknown> = {};
  for (const key of Reflect.ownKeys(value)) {
    // Keys of a body that are no properties begin so.
    if (typeof key !== "string" || key.startsWith("<") || key === "__proto__") return undefined;
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !isOrdinary(property)) return undefined;
    const held: unknown = property.value;
    body[key] = typeof held !== "object" || held === null ? held : standFor(held);
  }
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
