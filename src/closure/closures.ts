/**
 * Functions, classes and their instances as values that can be sent. The value codec asks `extend`
 * when it meets one, and `create` and `fill` when it reads one; code objects travel beside the
 * values.
 */

import { types } from "node:util";
import { SerializationError } from "../base/errors.ts";
import { CLASS_INSTANCE } from "../values/extension-types.ts";
import type { Extended } from "../values/encode.ts";
import { classChain } from "./class-info.ts";
import { CannotShip } from "./cannot-ship.ts";
import { sha256, type CodeObject } from "./code.ts";
import { Entry } from "./entry.ts";
import { readAhead } from "./inspect.ts";
import { Incoming } from "./incoming.ts";
import { Instances } from "./instances.ts";
import { loadModules } from "./modules.ts";
import { Outgoing } from "./outgoing.ts";
import { Registry } from "./registry.ts";
import { Variable } from "./shared-variables.ts";
import { getScriptFile } from "./scripts.ts";
import { beginMessage, Standin } from "./standins.ts";
import { textOf } from "./platform.ts";

export type { CodeObject } from "./code.ts";

export interface ClosuresOptions {
  /**
   * URL of the program's entry module: its exports never go by reference, for its top level never
   * runs in another process.
   */
  readonly entryUrl: string | undefined;
}

export class Closures {
  readonly #registry = new Registry();
  readonly #entry: Entry;
  readonly #outgoing: Outgoing;
  readonly #incoming = new Incoming(this.#registry);
  readonly #instances: Instances;
  #isWarm = false;

  constructor({ entryUrl }: ClosuresOptions) {
    this.#entry = new Entry(entryUrl);
    this.#outgoing = new Outgoing(this.#registry, this.#entry);
    this.#instances = new Instances(this.#registry, this.#outgoing, this.#incoming);
  }

  /** Does ahead what the first function costs once (about 60 ms), while processes start. */
  warmUp(): void {
    if (this.#isWarm) return;
    this.#isWarm = true;
    try {
      sha256("");
      for (const [scriptId, { url }] of readAhead()) {
        // Most programs have their first function there.
        if (this.#entry.is(url)) void getScriptFile({ scriptId }).module;
      }
    } catch (error) {
      // Without an inspector the first function that needs one says so, with its path; a file
      // that is no module is parsed when it is needed.
      if (!(error instanceof CannotShip)) throw error;
    }
  }

  /**
   * For functions, classes, instances of classes, and a symbol in its box; `undefined`: not its
   * business. Adds to `codes` the hash of the code object the receiver needs. Throws
   * SerializationError with the path of what cannot be sent.
   */
  extend(value: object, path: () => string, codes: Set<string>): Extended | undefined {
    beginMessage(codes);
    try {
      if (typeof value === "function") return this.#outgoing.extendFunction(value, codes);
      if (value instanceof Variable) return this.#outgoing.extendVariable(value);
      if (value instanceof Standin) return this.#outgoing.extendStandin(value, codes);
      const symbol = symbolIn(value);
      if (symbol !== undefined) return this.#outgoing.extendSymbol(symbol);
      const known = this.#outgoing.extendPlatform(value, codes);
      return known ?? (isData(value) ? undefined : this.#instances.extend(value, codes));
    } catch (error) {
      if (!(error instanceof CannotShip)) throw error;
      const where = path();
      const message = `Cannot send ${where} (${labelOf(value)}): ${error.message}`;
      throw new SerializationError(message, { path: where });
    }
  }

  /** To send. Precondition: `extend` named it, or `addCode` brought it. */
  getCode(hash: string): CodeObject {
    return this.#registry.getCode(hash);
  }

  addCode(code: CodeObject): void {
    this.#registry.keep(code);
  }

  hasCode(hash: string): boolean {
    return this.#registry.codes.has(hash);
  }

  /** Loads the modules that these code objects need; rejects with what a module threw. */
  async prepare(hashes: Iterable<string>): Promise<void> {
    await Promise.all(Array.from(hashes, (hash) => loadModules(this.getCode(hash))));
  }

  /** Precondition: `prepare` of the code objects sent with the value is done. */
  create(type: number, head: unknown): object {
    return type === CLASS_INSTANCE
      ? this.#instances.create(head)
      : this.#incoming.createFunction(head);
  }

  /** Completes what `create` gave; `body` may lead back to it. */
  fill(type: number, created: object, body: unknown): void {
    if (type === CLASS_INSTANCE) this.#instances.fill(created, body);
    else this.#incoming.fillFunction(created, body);
  }
}

/** A plain object that is asked for only because a module may export it. */
function isData(value: object): boolean {
  if (Reflect.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.keys(value).length > 0 && !(Symbol.toStringTag in value);
}

function symbolIn(value: object): symbol | undefined {
  if (!(value instanceof Symbol) || !types.isSymbolObject(value)) return undefined;
  return Symbol.prototype.valueOf.call(value);
}

function labelOf(value: object): string {
  if (typeof value !== "function") {
    const [owner] = classChain(value);
    return owner === undefined ? "object" : `instance of ${owner.name || "a class"}`;
  }
  const kind = /^class\b/.test(textOf(value)) ? "class" : "function";
  return value.name === "" ? kind : `${kind} ${value.name}`;
}
