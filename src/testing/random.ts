/** Chance from a seed: the same seed gives the same numbers, on every machine. */

/** sfc32, from PractRand (public domain): 128 bits of state, passes its tests. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    // Seeds that are neighbours give numbers that are not.
    for (let round = 0; round < 12; round++) this.next();
  }

  /** From 0 to 1, 1 excluded. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 on. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** One of its own, so that what is drawn there changes nothing here. */
  fork(): Random {
    return new Random(this.below(2 ** 32) * 2 ** 21 + this.below(2 ** 21));
  }
}
