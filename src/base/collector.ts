/**
 * What the garbage collector tells of objects that nobody holds. Passed in, so that a simulator
 * can decide when that is.
 */

export interface Collector {
  /** A reference that keeps nothing. */
  weakly<T extends object>(target: T): Weak<T>;
  /** Collects now, as far as that can be asked for: takes as long as it takes. */
  collect(): void;
  /** `onCollected` is called some time after a registered object is gone. */
  registry<Held>(onCollected: (held: Held) => void): CollectedRegistry<Held>;
}

export interface Weak<T extends object> {
  deref(): T | undefined;
}

export interface CollectedRegistry<Held> {
  /** `held` must not lead to `target`. */
  register(target: object, held: Held, token?: object): void;
  /** Returns whether something was registered under the token. */
  unregister(token: object): boolean;
}
