/** A double-ended queue over a ring that doubles when full. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(16);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = item;
    this.#size++;
  }

  /** Puts an item ahead of the oldest one. */
  unshift(item: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = item;
    this.#size++;
  }

  /** The oldest item, left in place. */
  first(): T | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#head];
  }

  /** The newest item, left in place. */
  last(): T | undefined {
    if (this.#size === 0) return undefined;
    return this.#ring[(this.#head + this.#size - 1) & (this.#ring.length - 1)];
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return item;
  }

  /** Takes the newest item out. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    this.#size--;
    const index = (this.#head + this.#size) & (this.#ring.length - 1);
    const item = this.#ring[index];
    this.#ring[index] = undefined;
    return item;
  }

  /** Takes out what `keep` refuses, in one pass. */
  retain(keep: (item: T) => boolean): void {
    const kept = [...this].filter(keep);
    this.#ring.fill(undefined);
    this.#head = 0;
    this.#size = kept.length;
    kept.forEach((item, index) => (this.#ring[index] = item));
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#size; i++) {
      yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T;
    }
  }

  #grow(): void {
    const grown = new Array<T | undefined>(this.#ring.length * 2);
    for (let i = 0; i < this.#size; i++) {
      grown[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    }
    this.#ring = grown;
    this.#head = 0;
  }
}
