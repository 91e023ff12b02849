/** Own properties of an object as data, with what makes some of them special. */

export interface Properties {
  /** Ordinary ones: string keys, enumerable, writable, configurable. */
  readonly plain: Record<string, unknown>;
  /** All others, in order. */
  readonly special: readonly SpecialProperty[];
}

/** Key, flags, then the value, or getter and setter. */
export type SpecialProperty = readonly [string | symbol, number, unknown, unknown?];

const ENUMERABLE = 1;
const WRITABLE = 2;
const CONFIGURABLE = 4;
const ACCESSOR = 8;
export const ORDINARY = ENUMERABLE | WRITABLE | CONFIGURABLE;
/** As `stack` and `message` of errors. */
export const HIDDEN = WRITABLE | CONFIGURABLE;

/** Getters are sent as functions, never called. `isGiven`: the property need not be sent. */
export function listProperties(
  object: object,
  isGiven: (key: string | symbol, property: PropertyDescriptor) => boolean,
): Properties {
  const plain: Record<string, unknown> = {};
  const special: SpecialProperty[] = [];
  for (const key of Reflect.ownKeys(object)) {
    const property = Reflect.getOwnPropertyDescriptor(object, key);
    if (property === undefined || isGiven(key, property)) continue;
    const flags = flagsOf(property);
    if (flags === ORDINARY && typeof key === "string" && key !== "__proto__") {
      plain[key] = property.value;
    } else if ((flags & ACCESSOR) !== 0) special.push([key, flags, property.get, property.set]);
    else special.push([key, flags, property.value]);
  }
  return { plain, special };
}

export function isEmpty({ plain, special }: Properties): boolean {
  return special.length === 0 && Object.keys(plain).length === 0;
}

export function defineProperties(target: object, { plain, special }: Properties): void {
  for (const key of Object.keys(plain)) define(target, key, ORDINARY, plain[key]);
  for (const [key, flags, value, set] of special) define(target, key, flags, value, set);
}

export function define(
  target: object,
  key: string | symbol,
  flags: number,
  value: unknown,
  set?: unknown,
) {
  const shared = {
    enumerable: (flags & ENUMERABLE) !== 0,
    configurable: (flags & CONFIGURABLE) !== 0,
  };
  Object.defineProperty(
    target,
    key,
    (flags & ACCESSOR) !== 0
      ? { ...shared, get: value as () => unknown, set: set as (value: unknown) => void }
      : { ...shared, value, writable: (flags & WRITABLE) !== 0 },
  );
}

/** Value of an own property, without calling a getter. */
export function ownValue(object: object, key: string | symbol): unknown {
  return Reflect.getOwnPropertyDescriptor(object, key)?.value;
}

function flagsOf({ enumerable, writable, configurable, get, set }: PropertyDescriptor): number {
  return (
    (enumerable ? ENUMERABLE : 0) |
    (writable ? WRITABLE : 0) |
    (configurable ? CONFIGURABLE : 0) |
    (get !== undefined || set !== undefined ? ACCESSOR : 0)
  );
}
