import { OBJECTS_MAX } from "./limits.ts";

/**
 * Numbers the objects of one value by order of appearance and finds those that appear again.
 *
 * Most values hold no object twice, so it is a set until the first repetition: one hash operation
 * per object. The set keeps its order, so the numbers can be had from it when they are needed.
 */
export class SeenObjects {
  #count = 0;
  #first: WeakKey | undefined;
  #set: Set<WeakKey> | undefined;
  #numbers: Map<WeakKey, number> | undefined;

  /** V8 throws a bare RangeError at the next object. */
  get isFull(): boolean {
    return this.#count >= OBJECTS_MAX;
  }

  /** The number of an object that was met before; else it gets the next number: -1. */
  meet(object: WeakKey): number {
    if (this.#set !== undefined) {
      this.#set.add(object);
      if (this.#set.size > this.#count) {
        this.#count++;
        return -1;
      }
      return this.#switchToNumbers(this.#set, object);
    }
    if (this.#numbers !== undefined) return this.#meetNumbered(this.#numbers, object);
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

  #switchToNumbers(set: Set<WeakKey>, object: WeakKey): number {
    const numbers = new Map<WeakKey, number>();
    for (const met of set) numbers.set(met, numbers.size);
    this.#set = undefined;
    this.#numbers = numbers;
    return numbers.get(object)!;
  }

  #meetNumbered(numbers: Map<WeakKey, number>, object: WeakKey): number {
    const number = numbers.get(object);
    if (number !== undefined) return number;
    numbers.set(object, this.#count++);
    return -1;
  }

  /** Lets go of everything, for the next value. */
  clear(): void {
    this.#count = 0;
    this.#first = undefined;
    this.#set = undefined;
    this.#numbers = undefined;
  }
}
