/** Stands for any argument of a constructor that is called for its fields alone. */

const ITEMS = 16;

/** Gives itself for whatever is asked of it; a default value is never needed. */
export const anything: unknown = new Proxy(() => anything, {
  get: (target, key) => {
    if (key === Symbol.toPrimitive) return () => 0;
    if (key === Symbol.iterator) return () => Array<unknown>(ITEMS).fill(anything).values();
    // A proxy must tell the truth of what cannot change.
    const fixed = Reflect.getOwnPropertyDescriptor(target, key)?.configurable === false;
    return fixed ? (Reflect.get(target, key) as unknown) : anything;
  },
  apply: () => anything,
  construct: () => anything as object,
});
