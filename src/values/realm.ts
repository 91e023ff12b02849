/**
 * Of a prototype from another realm (a `vm` context): the one of the same name in this realm.
 * `undefined` for a prototype of this realm, and if there is none of that name.
 */
export function findLocalTwin(prototype: object): object | undefined {
  let top = prototype;
  for (let next: object | null = top; next !== null; next = Reflect.getPrototypeOf(next))
    top = next;
  if (top === Object.prototype) return undefined;
  const name = findClassName(prototype);
  if (name === undefined) return undefined;
  const twin: unknown = Reflect.get(globalThis, name);
  return typeof twin === "function" ? (twin.prototype as object | undefined) : undefined;
}

/** The name of the class that `prototype` itself belongs to, not one of its ancestors. */
export function findClassName(prototype: object): string | undefined {
  if (!Object.hasOwn(prototype, "constructor")) return undefined;
  const name: unknown = (prototype.constructor as { name?: unknown } | undefined)?.name;
  return typeof name === "string" ? name : undefined;
}
