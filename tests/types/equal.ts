/** Exact equality of types: `same<Equal<A, B>>()` compiles only if A and B are the same type. */

export type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export declare function same<T extends true>(): void;

/** What a call of a remote function or method gives. */
export type Result<F extends (...args: never) => unknown> = ReturnType<F>;
