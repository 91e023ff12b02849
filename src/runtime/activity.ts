/** What is under way in this process: while there is something, a program does not end. */

export class Activity {
  readonly #changed: (isBusy: boolean) => void;
  #count = 0;

  constructor(changed: (isBusy: boolean) => void) {
    this.#changed = changed;
  }

  begin(): void {
    if (this.#count++ === 0) this.#changed(true);
  }

  end(): void {
    if (--this.#count === 0) this.#changed(false);
  }

  /** For as long as the promise is pending. */
  async during<T>(promise: Promise<T>): Promise<T> {
    this.begin();
    try {
      return await promise;
    } finally {
      this.end();
    }
  }
}
