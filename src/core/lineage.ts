/**
 * The calls that a process remembers so that their stored results can be made again. A call is
 * remembered for as long as one of its results is held, or a remembered call takes one of them;
 * and no longer than there is room: the oldest are forgotten first. Pure.
 */

/** One call. `C`: whatever makes its results again. */
export class LineageEntry<C> {
  readonly sizeBytes: number;
  /** The calls that made its arguments, as far as they were remembered when it was kept. */
  readonly inputs: readonly LineageEntry<C>[];
  /** Undefined once it is forgotten. */
  call: C | undefined;
  /** Results that are held, and remembered calls that take one. */
  holders = 0;
  /** Its results are being made again. */
  isRunning = false;
  /** How often that may still be done. */
  runsLeft: number;

  constructor(call: C, sizeBytes: number, inputs: readonly LineageEntry<C>[], runsLeft: number) {
    this.call = call;
    this.sizeBytes = sizeBytes;
    this.inputs = inputs;
    this.runsLeft = runsLeft;
  }
}

/** What to do for somebody who needs a result that is lost. */
export type Remedy = "run" | "await" | "forgotten" | "exhausted";

export class Lineage<C> {
  readonly limitBytes: number;
  /** The oldest first. */
  readonly #entries = new Set<LineageEntry<C>>();
  #totalBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get count(): number {
    return this.#entries.size;
  }

  /**
   * The call has made results, for each of which `hold` follows. It may run `runsLeft` times more.
   * `inputs`: entries of the calls that made its arguments.
   */
  keep(
    call: C,
    sizeBytes: number,
    inputs: readonly LineageEntry<C>[],
    runsLeft: number,
  ): LineageEntry<C> {
    const known = [...new Set(inputs)].filter((input) => this.#entries.has(input));
    for (const input of known) input.holders++;
    const entry = new LineageEntry(call, sizeBytes, known, runsLeft);
    this.#entries.add(entry);
    this.#totalBytes += sizeBytes;
    for (const oldest of this.#entries) {
      if (this.#totalBytes <= this.limitBytes) break;
      this.#forget(oldest);
    }
    return entry;
  }

  /** A result of it is held. */
  hold(entry: LineageEntry<C>): void {
    entry.holders++;
  }

  /** A result is not held any more. */
  release(entry: LineageEntry<C>): void {
    if (--entry.holders === 0) this.#forget(entry);
  }

  /** With it go the calls that nothing else needs: a chain may be as long as there is room. */
  #forget(entry: LineageEntry<C>): void {
    const unneeded = [entry];
    for (let next = unneeded.pop(); next !== undefined; next = unneeded.pop()) {
      if (!this.#entries.delete(next)) continue;
      this.#totalBytes -= next.sizeBytes;
      next.call = undefined;
      for (const input of next.inputs) if (--input.holders === 0) unneeded.push(input);
    }
  }

  /** A result is lost, and somebody needs it. "run": the caller begins that now. */
  need(entry: LineageEntry<C>): Remedy {
    if (entry.isRunning) return "await";
    if (entry.call === undefined) return "forgotten";
    if (entry.runsLeft <= 0) return "exhausted";
    entry.isRunning = true;
    entry.runsLeft--;
    return "run";
  }

  /** It has run, or could not. `runsLeft`: runs may have failed on the way. */
  ended(entry: LineageEntry<C>, runsLeft: number): void {
    entry.isRunning = false;
    entry.runsLeft = runsLeft;
  }

  /** Throws if two tables disagree. */
  validate(): void {
    let totalBytes = 0;
    const dependents = new Map<LineageEntry<C>, number>();
    for (const entry of this.#entries) {
      totalBytes += entry.sizeBytes;
      if (entry.call === undefined) throw new Error("Cannot remember a call that is forgotten");
      for (const input of entry.inputs) dependents.set(input, (dependents.get(input) ?? 0) + 1);
    }
    for (const entry of this.#entries) {
      const takers = dependents.get(entry) ?? 0;
      if (entry.holders < takers) {
        throw new Error(`Cannot remember a call with ${entry.holders} holders: ${takers} take it`);
      }
    }
    if (totalBytes !== this.#totalBytes || totalBytes > this.limitBytes) {
      throw new Error(`Cannot remember ${totalBytes} bytes: counted ${this.#totalBytes}`);
    }
  }
}
