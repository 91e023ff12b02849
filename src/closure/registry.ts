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
  readonly #sharedIds = new WeakMap<object, string>();
  readonly #shared = new Map<string, WeakRef<object>>();
  readonly #collected = new FinalizationRegistry((id: string) => {
    if (this.#shared.get(id)?.deref() === undefined) this.#shared.delete(id);
  });
  readonly #symbolIds = new Map<symbol, string>();
  readonly #symbols = new Map<string, symbol>();
  readonly #prefix = randomBytes(9).toString("base64url");
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
   * came from: of classes that go by value, so that `instanceof` holds.
   */
  sharedId(subject: object): string {
    let id = this.#sharedIds.get(subject);
    if (id === undefined) this.addShared((id = `${this.#prefix}${this.#count++}`), subject);
    return id;
  }

  isShared(subject: object): boolean {
    return this.#sharedIds.has(subject);
  }

  addShared(id: string, subject: object): void {
    this.#sharedIds.set(subject, id);
    this.#shared.set(id, new WeakRef(subject));
    this.#collected.register(subject, id);
  }

  findShared(id: string): object | undefined {
    return this.#shared.get(id)?.deref();
  }

  /** `undefined`: a symbol that every process has. */
  symbolId(symbol: symbol): string | undefined {
    if (Symbol.keyFor(symbol) !== undefined || isWellKnown(symbol)) return undefined;
    let id = this.#symbolIds.get(symbol);
    if (id === undefined) this.#addSymbol((id = `${this.#prefix}${this.#count++}`), symbol);
    return id;
  }

  /** The symbol of that id here; made on the first call. */
  symbolOf(id: string, description: string): symbol {
    let symbol = this.#symbols.get(id);
    if (symbol === undefined) this.#addSymbol(id, (symbol = Symbol(description)));
    return symbol;
  }

  #addSymbol(id: string, symbol: symbol): void {
    this.#symbolIds.set(symbol, id);
    this.#symbols.set(id, symbol);
  }
}

function isWellKnown(symbol: symbol): boolean {
  const name = symbol.description?.replace(/^Symbol\./, "") ?? "";
  return Reflect.get(Symbol, name) === symbol;
}
