/**
 * Of a prototype from another realm (a `vm` context): the one of the same name in this realm.
 * `undefined` for a prototype of this realm, and if there is none of that name.
 */
export function findLocalTwin(prototype: object): object | undefined {
  let top = prototype;
  for (let next = prototype as object | null; next !== null; next = Reflect.getPrototypeOf(next)) {
    top = next;
  }
  if (top === Object.prototype || !Object.hasOwn(prototype, "constructor")) return undefined;
  const name: unknown = (prototype.constructor as { name?: unknown } | undefined)?.name;
  if (typeof name !== "string") return undefined;
  const twin: unknown = Reflect.get(globalThis, name);
  return typeof twin === "function" ? (twin.prototype as object | undefined) : undefined;
}
