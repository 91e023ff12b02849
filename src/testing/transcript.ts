/** What happened in a run, in lines to be read: kept only if somebody wants to read them. */
export class Transcript {
  readonly #lines: string[] | undefined;

  constructor(isKept: boolean) {
    this.#lines = isKept ? [] : undefined;
  }

  get isKept(): boolean {
    return this.#lines !== undefined;
  }

  add(nowMs: number, who: string, what: string): void {
    this.#lines?.push(`${nowMs.toFixed(3).padStart(10)} ms  ${who.padEnd(9)} ${what}`);
  }

  toString(): string {
    return this.#lines?.join("\n") ?? "";
  }
}
