import { OBJECTS_MAX } from "./limits.ts";

/**
 * Numbers the objects of one value by order of appearance and finds those that appear again.
 *
 * Few appear again, so it is a set: one hash operation per object. The set keeps its order, from
 * which the numbers are worked out when one is asked for, as far as it lies.
 */
export class SeenObjects {
  #count = 0;
  #first: WeakKey | undefined;
  #set: Set<WeakKey> | undefined;
  #numbers: Map<WeakKey, number> | undefined;
  /** Goes on where the numbers end. */
  #unnumbered: IterableIterator<WeakKey> | undefined;

  /** V8 throws a bare RangeError at the next object. */
  get isFull(): boolean {
    return this.#count >= OBJECTS_MAX;
  }

  /** The number of an object that was met before; else it gets the next number: -1. */
  meet(object: WeakKey): number {
    if (this.#set !== undefined) {
      this.#set.add(object);
      if (this.#set.size === this.#count) return this.#numberOf(this.#set, object);
      this.#count++;
      return -1;
    }
    if (this.#count === 0) {
      this.#first = object;
      this.#count = 1;
      return -1;
    }
    if (this.#first === object) return 0;
    this.#set = new Set<WeakKey>().add(this.#first!).add(object);
    this.#count = 2;
    return -1;
  }

  has(object: WeakKey): boolean {
    return this.#set?.has(object) ?? (this.#count > 0 && this.#first === object);
  }

  /** Precondition: the set has it. */
  #numberOf(set: ReadonlySet<WeakKey>, object: WeakKey): number {
    this.#unnumbered ??= set.values();
    const numbers = (this.#numbers ??= new Map<WeakKey, number>());
    let number = numbers.get(object);
    while (number === undefined) {
      const next = this.#unnumbered.next().value as WeakKey;
      if (next === object) number = numbers.size;
      numbers.set(next, numbers.size);
    }
    return number;
  }

  /** Lets go of everything, for the next value. */
  clear(): void {
    this.#count = 0;
    this.#first = undefined;
    this.#set = undefined;
    this.#numbers = undefined;
    this.#unnumbered = undefined;
  }
}
