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
  readonly #classIds = new WeakMap<object, string>();
  readonly #classes = new Map<string, WeakRef<Function>>();
  readonly #collected = new FinalizationRegistry((id: string) => this.#classes.delete(id));
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
   * A class that goes by value is one class in each process, however often it is sent, and the
   * original where it came from: `instanceof` holds.
   */
  classId(subject: Function): string {
    let id = this.#classIds.get(subject);
    if (id === undefined) this.addClass((id = `${this.#prefix}${this.#count++}`), subject);
    return id;
  }

  addClass(id: string, subject: Function): void {
    this.#classIds.set(subject, id);
    this.#classes.set(id, new WeakRef(subject));
    this.#collected.register(subject, id);
  }

  findClass(id: string): Function | undefined {
    return this.#classes.get(id)?.deref();
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
