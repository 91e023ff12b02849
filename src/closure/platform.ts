/** Telling the platform's own functions from those of the program and its packages. */

const { toString } = Function.prototype;

/** Source text of a function, whatever its own `toString` says. */
export function textOf(subject: Function): string {
  return toString.call(subject);
}

/** Without source text: native code, bound functions, functions behind a Proxy. */
export function isNativeText(text: string): boolean {
  return text.endsWith("}") && /\{\s*\[native code\]\s*\}$/.test(text.slice(-64));
}

export type WeakCollection = WeakMap<object, unknown> | WeakSet<object>;

export function isWeakCollection(value: unknown): value is WeakCollection {
  return value instanceof WeakMap || value instanceof WeakSet;
}

/** A file of the program's own, none of a package. */
export function isOwnFileUrl(url: string): boolean {
  return url.startsWith("file:") && !url.includes("/node_modules/");
}

/** Node's own JavaScript. */
export function isNodeUrl(url: string): boolean {
  return url.startsWith("node:");
}

/**
 * `Object.prototype`, `Function.prototype` and those of the other kinds of functions, also of a
 * `vm` context, which has its own.
 */
export function isNativePrototype(prototype: object): boolean {
  if (prototype === Object.prototype) return true;
  const owner: unknown = Reflect.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof owner !== "function" || owner.prototype !== prototype) return false;
  if (!isNativeText(textOf(owner))) return false;
  return owner.name === "Object" || owner.name.endsWith("Function");
}
