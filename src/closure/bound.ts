/** Bound functions: a target, a `this` and first arguments, which may lead back to the function. */

export interface BoundParts {
  readonly target: unknown;
  readonly self: unknown;
  readonly args: readonly unknown[];
}

export interface Bound {
  readonly value: Function;
  readonly setParts: (parts: BoundParts) => void;
}

/** Callable once `setParts` was called; until then it is only a function to point at. */
export function createBound(name: string, length: number): Bound {
  let parts: BoundParts | undefined;
  const call = function (this: unknown, ...args: unknown[]): unknown {
    if (parts === undefined) throw new Error(`Cannot call ${name}: it was not received whole`);
    const target = parts.target as new () => unknown;
    const all = [...parts.args, ...args];
    if (new.target === undefined) return Reflect.apply(target, parts.self, all);
    return new.target === call
      ? Reflect.construct(target, all)
      : Reflect.construct(target, all, new.target);
  };
  // Binding it hides `prototype`, as with any bound function.
  const value = call.bind(undefined);
  Object.defineProperty(value, "name", { value: name, configurable: true });
  Object.defineProperty(value, "length", { value: length, configurable: true });
  return { value, setParts: (given) => (parts = given) };
}
