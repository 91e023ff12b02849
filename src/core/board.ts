/**
 * The board of a process: memory that it shares with workers, on which it posts each task that it
 * pushes. A worker claims a task there before it starts it; until then the process can take it
 * down, without the worker's help. Both are one compare-and-swap of the task's word, so of the
 * two exactly one succeeds.
 *
 * A place holds one task at a time. Its word is 0 while it is free; otherwise it says which
 * posting is there and whether that is claimed, so a place can be used again at once: who comes
 * late with an older posting finds another word. (Words repeat after 2⁴⁵ postings.)
 *
 * Hot path: `post`, `claim` and `clear` run once per task.
 */

/** Tasks that are posted at a time: with a full line of 512 each, those of 16 leases. */
const PLACES = 2 ** 14;
/** More are not posted: free places are to be near. */
const POSTED_MAX = PLACES / 2;
/** Workers of a runtime that live at a time have different places here, all but always. */
const SIGNATURES = 2 ** 10;

export const BOARD_BYTES = 4 * (SIGNATURES + PLACES);

const FREE = 0;
/** The lowest bit of a word. */
const CLAIMED = 1;

/** The number of a posting; 0: the task is not on the board. */
export type Posting = number;

function indexOf(posting: Posting): number {
  return SIGNATURES + (posting % PLACES);
}

/** The word of a posting that nobody has claimed. */
function wordOf(posting: Posting): number {
  return Math.floor(posting / PLACES) << 1;
}

/** As its owner has it. */
export class Board {
  #words: Int32Array | undefined;
  /** The next posting to try. The first ones would have the word of a free place. */
  #next = PLACES;
  #posted = 0;

  /** From now on tasks can be posted. */
  open(words: Int32Array | undefined): void {
    this.#words ??= words;
  }

  get hasRoom(): boolean {
    return this.#posted < POSTED_MAX;
  }

  /** Precondition of queueing tasks behind others: the worker will claim what it starts. */
  hasSignedOn(workerId: number): boolean {
    return (
      this.#words !== undefined && Atomics.load(this.#words, workerId % SIGNATURES) === workerId
    );
  }

  /** To be said ahead of the task's message. */
  post(): Posting {
    const words = this.#words;
    if (words === undefined || !this.hasRoom) return 0;
    let posting = this.#next;
    while (words[indexOf(posting)] !== FREE || wordOf(posting) === FREE) posting++;
    this.#next = posting + 1;
    this.#posted++;
    Atomics.store(words, indexOf(posting), wordOf(posting));
    return posting;
  }

  /** Returns false if a worker has claimed the task. Otherwise none will, and its place is free. */
  takeDown(posting: Posting): boolean {
    if (posting === 0) return false;
    const word = wordOf(posting);
    const found = Atomics.compareExchange(this.#words!, indexOf(posting), word, FREE);
    if (found !== word) return false;
    this.#posted--;
    return true;
  }

  /** The task is over: its place is free. */
  clear(posting: Posting): void {
    if (posting === 0) return;
    Atomics.store(this.#words!, indexOf(posting), FREE);
    this.#posted--;
  }

  /** Throws if other places are taken than those of these postings. */
  validate(postings: readonly Posting[]): void {
    let count = 0;
    let isEach = true;
    for (const posting of postings) {
      if (posting === 0) continue;
      count++;
      isEach &&= (this.#words![indexOf(posting)]! & ~CLAIMED) === wordOf(posting);
    }
    if (isEach && count === this.#posted) return;
    throw new Error(`Cannot have ${this.#posted} tasks posted: they say ${postings.join(", ")}`);
  }
}

/** Says on another process's board that this worker claims what it starts. */
export function signOn(words: Int32Array, workerId: number): void {
  Atomics.store(words, workerId % SIGNATURES, workerId);
}

/** Returns false if the task was taken down: it must not start. */
export function claim(words: Int32Array, posting: Posting): boolean {
  const word = wordOf(posting);
  return Atomics.compareExchange(words, indexOf(posting), word, word | CLAIMED) === word;
}
