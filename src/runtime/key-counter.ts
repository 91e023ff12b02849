/** Numbers what a process makes and shares with others. */
export class KeyCounter {
  #count = 0;

  /** Never the same twice. */
  next(): number {
    return ++this.#count;
  }
}
