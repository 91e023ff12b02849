/**
 * The garbage collector of a simulated process. Nothing is collected by itself, because when that
 * is would be chance that no seed repeats: `collected` says what is gone.
 */

import type { CollectedRegistry, Collector, Weak } from "../base/collector.ts";

export class SimulatedCollector implements Collector {
  readonly #gone = new WeakSet<object>();
  readonly #registries: SimulatedRegistry<unknown>[] = [];

  weakly<T extends object>(target: T): Weak<T> {
    return { deref: () => (this.#gone.has(target) ? undefined : target) };
  }

  collect(): void {
    // The simulation says when, by `collected`.
  }

  registry<Held>(onCollected: (held: Held) => void): CollectedRegistry<Held> {
    const registry = new SimulatedRegistry(onCollected);
    this.#registries.push(registry as SimulatedRegistry<unknown>);
    return registry;
  }

  /** What is watched, and was not collected. */
  *targets(): Generator<object> {
    for (const registry of this.#registries) {
      for (const target of registry.targets()) if (!this.#gone.has(target)) yield target;
    }
  }

  /** What `isUnreachable` says of is gone. Returns how much that was. */
  collected(isUnreachable: (target: object) => boolean): number {
    const unreachable = new Set<object>();
    for (const target of this.targets()) if (isUnreachable(target)) unreachable.add(target);
    for (const target of unreachable) this.#gone.add(target);
    for (const registry of this.#registries) registry.tell(unreachable);
    return unreachable.size;
  }
}

interface Entry<Held> {
  readonly target: object;
  readonly held: Held;
  readonly token: object | undefined;
}

class SimulatedRegistry<Held> implements CollectedRegistry<Held> {
  readonly #onCollected: (held: Held) => void;
  readonly #entries = new Set<Entry<Held>>();
  readonly #byToken = new Map<object, Set<Entry<Held>>>();

  constructor(onCollected: (held: Held) => void) {
    this.#onCollected = onCollected;
  }

  *targets(): Generator<object> {
    for (const { target } of this.#entries) yield target;
  }

  register(target: object, held: Held, token?: object): void {
    const entry = { target, held, token };
    this.#entries.add(entry);
    if (token === undefined) return;
    const entries = this.#byToken.get(token) ?? new Set();
    this.#byToken.set(token, entries.add(entry));
  }

  unregister(token: object): boolean {
    const entries = this.#byToken.get(token);
    if (entries === undefined) return false;
    this.#byToken.delete(token);
    for (const entry of entries) this.#entries.delete(entry);
    return true;
  }

  tell(unreachable: ReadonlySet<object>): void {
    for (const entry of [...this.#entries]) {
      if (!unreachable.has(entry.target)) continue;
      this.#entries.delete(entry);
      if (entry.token !== undefined) this.#byToken.delete(entry.token);
      this.#onCollected(entry.held);
    }
  }
}
