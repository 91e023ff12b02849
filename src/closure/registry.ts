/** What one runtime knows of shipped functions: code, how each goes, which classes are one. */

import { randomBytes } from "node:crypto";
import type { CodeObject } from "./code.ts";

/** How a function went or came before: it goes the same way again. */
export interface Origin {
  readonly hash: string;
  readonly head: unknown;
  readonly body: unknown;
}

export class Registry {
  readonly codes = new Map<string, CodeObject>();
  /** Exports, built-ins, and functions that were received: nothing is captured for them again. */
  readonly origins = new WeakMap<object, Origin>();
  readonly #sharedIds = new WeakMap<WeakKey, string>();
  readonly #shared = new Map<string, WeakRef<WeakKey>>();
  readonly #collected = new FinalizationRegistry((id: string) => {
    if (this.#shared.get(id)?.deref() === undefined) this.#shared.delete(id);
  });
  /** Of this process; most share nothing. */
  #prefix: string | undefined;
  #count = 0;

  getCode(hash: string): CodeObject {
    const code = this.codes.get(hash);
    if (code === undefined) throw new Error(`Cannot use code ${hash}: it was not received`);
    return code;
  }

  keep(code: CodeObject): string {
    this.codes.set(code.hash, code);
    return code.hash;
  }

  /**
   * Id of what is one thing in each process, however often it is sent, and the original where it
   * came from: of classes that go by value, so that `instanceof` holds, and of symbols.
   */
  sharedId(subject: WeakKey): string {
    let id = this.#sharedIds.get(subject);
    if (id === undefined) this.addShared((id = this.#newId()), subject);
    return id;
  }

  #newId(): string {
    this.#prefix ??= randomBytes(9).toString("base64url");
    return `${this.#prefix}${this.#count++}`;
  }

  isShared(subject: WeakKey): boolean {
    return this.#sharedIds.has(subject);
  }

  addShared(id: string, subject: WeakKey): void {
    this.#sharedIds.set(subject, id);
    this.#shared.set(id, new WeakRef(subject));
    this.#collected.register(subject, id);
  }

  findShared(id: string): WeakKey | undefined {
    return this.#shared.get(id)?.deref();
  }
}
