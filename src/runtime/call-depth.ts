/**
 * How deep calls are: how many led to them, each made by the one before. Whoever calls without end
 * is told so, instead of filling the memory of all processes.
 */

import { CallDepthError } from "../base/errors.ts";
import { CALL_DEPTH_MAX, ENDLESS_ROOTS_MAX } from "../base/limits.ts";
import type { TaskScope } from "./task-scope.ts";

export class CallDepth {
  /**
   * First calls of trees that have grown too deep. Nothing of such a tree calls anything more from
   * this process: one that branches has as many further calls as it likes on its way there.
   */
  readonly #endless = new Set<number>();

  /** Hot path. Throws if the caller, or a call of the same tree, is as deep as calls may be. */
  check(caller: TaskScope): void {
    const isTooDeep = caller.depth >= CALL_DEPTH_MAX;
    if (!isTooDeep && (this.#endless.size === 0 || !this.#endless.has(caller.root))) return;
    if (isTooDeep) this.#remember(caller.root);
    const { name, depth } = caller;
    const who = isTooDeep ? `it is ${depth}` : `others of the same tree are ${CALL_DEPTH_MAX}`;
    throw new CallDepthError(
      `Cannot call anything from ${name}: ${who} calls deep, each made by the one before, and ` +
        `${CALL_DEPTH_MAX} is the limit; let the recursion end, or make a loop of it`,
      { callerName: name, depth },
    );
  }

  #remember(root: number): void {
    this.#endless.add(root);
    if (this.#endless.size <= ENDLESS_ROOTS_MAX) return;
    for (const oldest of this.#endless) {
      this.#endless.delete(oldest);
      return;
    }
  }
}
