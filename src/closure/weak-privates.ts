/**
 * Private state that a class keeps in a WeakMap or WeakSet beside it, as compilers make of private
 * fields and programmers do by hand. What it holds of an instance travels with the instance; the
 * collection itself is one in each process.
 */

import { findOwnName } from "./builtins.ts";
import { CannotShip } from "./cannot-ship.ts";
import { getClassInfo } from "./class-info.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Registry } from "./registry.ts";
import { Variable } from "./shared-variables.ts";
import { Standin } from "./standins.ts";
import { isWeakCollection, type WeakCollection } from "./platform.ts";

/**
 * The collection, or a class of the receiver's own and its variable; then what it holds; then, for
 * paths, the name of the collection.
 */
export type WeakEntry = readonly [unknown, unknown, string];

export class WeakPrivates {
  readonly #registry: Registry;
  readonly #outgoing: Outgoing;
  readonly #collections = new WeakMap<Function, ReadonlyMap<string, WeakCollection>>();

  constructor(registry: Registry, outgoing: Outgoing) {
    this.#registry = registry;
    this.#outgoing = outgoing;
  }

  /** `chain`: the classes `value` is an instance of. */
  list(value: object, chain: readonly Function[], codes: Set<string>): WeakEntry[] {
    return chain.flatMap((owner) => {
      if (getClassInfo(owner).isBuiltin) return [];
      const isByValue = typeof this.#outgoing.headOf(owner, codes) !== "string";
      return [...this.#collectionsOf(owner)]
        .filter(([, collection]) => collection.has(value))
        .map(([name, collection]): WeakEntry => {
          const held: unknown = collection instanceof WeakMap ? collection.get(value) : undefined;
          const where = isByValue ? this.#outgoing.standFor(collection) : [owner, name];
          return [where, held, name];
        });
    });
  }

  /** Whether classes of the chain have such collections at all. */
  mayHold(chain: readonly Function[]): boolean {
    return chain.some((owner) => this.#collectionsOf(owner).size > 0);
  }

  restore(created: object, entries: readonly WeakEntry[]): void {
    for (const [where, held] of entries) {
      const [owner, name] = Array.isArray(where) ? (where as [Function, string]) : [];
      const collection = owner ? this.#collectionsOf(owner).get(name ?? "") : where;
      if (collection instanceof WeakMap) collection.set(created, held);
      else if (collection instanceof WeakSet) collection.add(created);
    }
  }

  #collectionsOf(owner: Function): ReadonlyMap<string, WeakCollection> {
    let known = this.#collections.get(owner);
    if (known === undefined) this.#collections.set(owner, (known = this.#find(owner)));
    return known;
  }

  #find(owner: Function): Map<string, WeakCollection> {
    const found = new Map<string, WeakCollection>();
    for (const [name, captured] of Object.entries(this.#capturesOf(owner))) {
      const value = captured instanceof Variable ? captured.value : captured;
      const own =
        value instanceof Standin ? this.#registry.findShared(value.code.specifier) : value;
      if (isWeakCollection(own)) found.set(name, own);
    }
    return found;
  }

  #capturesOf(owner: Function): Readonly<Record<string, unknown>> {
    // What goes by name needs no captures, and to take the package apart takes seconds.
    if (findOwnName(owner) !== undefined) return {};
    const origin = this.#registry.origins.get(owner);
    if (origin?.body !== undefined) return origin.body as Record<string, unknown>;
    try {
      return this.#outgoing.capture(owner).values;
    } catch (error) {
      // Its code cannot be taken apart; it is not sent either, only loaded at the other end.
      if (error instanceof CannotShip) return {};
      throw error;
    }
  }
}
