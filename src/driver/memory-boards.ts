/** Boards of a runtime all of which is in one process. */

import { BOARD_BYTES } from "../core/board.ts";
import type { Boards } from "../store/boards.ts";

export class MemoryBoards {
  readonly #words = new Map<number, Int32Array>();

  /** As one of its processes has them. */
  for(processId: number): Boards {
    const words = this.#words;
    return {
      own: () => {
        if (!words.has(processId)) words.set(processId, new Int32Array(BOARD_BYTES / 4));
        return words.get(processId);
      },
      of: (otherId) => words.get(otherId),
      forget: () => undefined,
    };
  }

  /** The process has ended. Who only thinks so, because its link was cut, removes nothing. */
  remove(processId: number): void {
    this.#words.delete(processId);
  }
}
