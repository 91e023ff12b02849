/** The claims of this worker on tasks, on the boards of those that have pushed them. */

import { claim, signOn, type Posting } from "../core/board.ts";
import type { Boards } from "../store/boards.ts";

export class Claims {
  readonly #boards: Boards;
  readonly #workerId: number;
  readonly #words = new Map<number, Int32Array>();

  constructor(boards: Boards, workerId: number) {
    this.#boards = boards;
    this.#workerId = workerId;
  }

  /**
   * Whether a task that was pushed may start: from then on it is not taken back. What stands on no
   * board cannot be, nor can what is on one that this process has not signed on.
   */
  claim(submitterId: number, posting: Posting): boolean {
    if (posting === 0) return true;
    const words = this.#words.get(submitterId) ?? this.signOn(submitterId);
    return words === undefined || claim(words, posting);
  }

  /** From now on that process may queue tasks here behind others, if its board can be reached. */
  signOn(submitterId: number): Int32Array | undefined {
    const words = this.#boards.of(submitterId);
    if (words === undefined) return undefined;
    signOn(words, this.#workerId);
    this.#words.set(submitterId, words);
    return words;
  }

  /** The process has ended, and nothing that it has sent is unread. */
  forget(submitterId: number): void {
    this.#words.delete(submitterId);
  }
}
