/** How functions and classes go out: by reference where they can be loaded, else by value. */

import { types } from "node:util";
import { FUNCTION } from "../values/extension-types.ts";
import type { Extended } from "../values/encode.ts";
import { readBound, readCaptures, readPrototype, STATE_KEY } from "./body-paths.ts";
import { findBuiltinName, findBuiltinObject, findOwnName } from "./builtins.ts";
import { CannotShip } from "./cannot-ship.ts";
import type { BoundParts } from "./bound.ts";
import { getClassInfo } from "./class-info.ts";
import { Captures, type Captured } from "./capture.ts";
import { referenceCode, type ReferenceCode } from "./code.ts";
import type { Entry } from "./entry.ts";
import { inspectFunction, type Inspected } from "./inspect.ts";
import { isNativeText, isNodeUrl, isWeakCollection, textOf } from "./platform.ts";
import { builtinReference, findReference } from "./references.ts";
import type { Origin, Registry } from "./registry.ts";
import { getScriptFile } from "./scripts.ts";
import { Variable, VariablePool } from "./shared-variables.ts";
import {
  findRequire,
  findStandin,
  isCommonJsModule,
  isModuleLike,
  pick,
  Standin,
} from "./standins.ts";
import { isWebpackRequire } from "./webpack.ts";

/** Head of a bound function, which needs no code object. */
export type BoundHead = readonly ["bound", string, number];
/** Head of a class by value: hash, id, computed names of its methods. */
export type ClassHead = readonly [string, string, (readonly unknown[])?];

/** Head of a symbol that one process made: id, description. */
export type SymbolHead = readonly ["symbol", string, string?];

/** Head of the `prototype` of a class: head of that. */
export type PrototypeHead = readonly ["prototype", unknown];

/** Head of a variable that several functions capture. */
export const VARIABLE_HEAD = ["variable"] as const;

export class Outgoing {
  readonly #registry: Registry;
  readonly #entry: Entry;
  readonly #captures: Captures;
  readonly #pools = new WeakMap<Set<string>, VariablePool>();
  readonly #classHeads = new WeakMap<Function, unknown>();
  readonly #isEntry = (url: string): boolean => this.#entry.isReachedFrom(url);

  constructor(registry: Registry, entry: Entry) {
    this.#registry = registry;
    this.#entry = entry;
    this.#captures = new Captures(entry);
  }

  extendFunction(subject: Function, codes: Set<string>): Extended {
    const origin = this.#registry.origins.get(subject);
    const { hash, head, body } = origin ? this.#again(origin) : this.#examine(subject, codes);
    if (hash !== "") codes.add(hash);
    const isBound = Array.isArray(head) && head[0] === "bound";
    return { type: FUNCTION, head, body, readBody: isBound ? readBound : readCaptures };
  }

  extendVariable({ value }: Variable): Extended {
    return { type: FUNCTION, head: VARIABLE_HEAD, body: this.standFor(value) };
  }

  /** Known by its id: one symbol in each process, the original where it is from. */
  extendSymbol(symbol: symbol): Extended {
    const { description } = symbol;
    const id = this.#registry.sharedId(symbol);
    const head: SymbolHead =
      description === undefined ? ["symbol", id] : ["symbol", id, description];
    return { type: FUNCTION, head, body: undefined };
  }

  /**
   * Of the prototype of a class: the receiver takes that of its own. `undefined`: the function
   * goes with nothing to know it by, and has nothing special there.
   */
  extendPrototype(owner: Function, codes: Set<string>): Extended | undefined {
    if (getClassInfo(owner).isBuiltin) {
      const name = findBuiltinName(owner);
      if (name === undefined) return undefined;
      const path = [...name.path, "prototype"];
      return this.extendStandin(new Standin(builtinReference({ ...name, path })), codes);
    }
    const head = this.headOf(owner, codes);
    const isKnown = typeof head !== "string" || this.#registry.getCode(head).kind === "reference";
    if (!isKnown) return undefined;
    const body = { owner };
    return { type: FUNCTION, head: ["prototype", head], body, readBody: readPrototype };
  }

  /** What was received holds this process's own values where there were stand-ins. */
  #again({ hash, head, body }: Origin): Origin {
    const standFor = (value: unknown): unknown => this.standFor(value);
    return { hash, head, body: body && mapValues(body as Record<string, unknown>, standFor) };
  }

  extendStandin({ code }: Standin, codes: Set<string>): Extended {
    const hash = this.#registry.keep(code);
    codes.add(hash);
    return { type: FUNCTION, head: hash, body: undefined };
  }

  /** `console`, `process` and the like, module namespaces and what modules export. */
  extendPlatform(value: object, codes: Set<string>): Extended | undefined {
    const prototype = Reflect.getPrototypeOf(value);
    // A module's: to look for that in each object would cost more.
    if (prototype === Object.prototype || prototype === null) {
      const standin = this.standFor(value);
      return standin instanceof Standin ? this.extendStandin(standin, codes) : undefined;
    }
    const name = findBuiltinObject(value);
    return name && this.extendStandin(new Standin(builtinReference(name)), codes);
  }

  /** What the receiver makes the class from, before it has what the class captures. */
  headOf(subject: Function, codes: Set<string>): unknown {
    let head = this.#classHeads.get(subject);
    if (head === undefined) {
      ({ head } = this.#registry.origins.get(subject) ?? this.#examine(subject, codes));
      this.#classHeads.set(subject, head);
    }
    return head;
  }

  /** A class of this process as it is now, however it would go. */
  capture(subject: Function): Captured {
    const text = textOf(subject);
    const inspected = inspectFunction(subject);
    const captured = this.#captures.capture(subject, text, inspected, new VariablePool());
    this.#registry.keep(captured.code);
    return captured;
  }

  #examine(subject: Function, codes: Set<string>): Origin {
    if (types.isProxy(subject)) throw new CannotShip("it is a Proxy; send what it stands for");
    const text = textOf(subject);
    const isNative = isNativeText(text);
    const builtin = findOwnName(subject) ?? (isNative ? findBuiltinName(subject) : undefined);
    const known = builtin ? builtinReference(builtin) : findRequire(subject);
    if (known !== undefined) return this.#keepReference(subject, known);
    const inspected = inspectFunction(subject);
    if (inspected.bound !== undefined) return this.#bound(subject, inspected.bound);
    if (isWebpackRequire(subject)) {
      throw new CannotShip(
        "it is webpack's loader of modules; use an import at the top of the file, not `import()`",
      );
    }
    const reference = this.#findReference(subject, text, inspected);
    if (reference !== undefined) return this.#keepReference(subject, reference);
    const pool = this.#poolOf(codes);
    return this.#byValue(subject, this.#captures.capture(subject, text, inspected, pool));
  }

  /** Functions of one message, known by the set of its code objects, share variables. */
  #poolOf(codes: Set<string>): VariablePool {
    let pool = this.#pools.get(codes);
    if (pool === undefined) this.#pools.set(codes, (pool = new VariablePool()));
    return pool;
  }

  #findReference(subject: Function, text: string, inspected: Inspected): ReferenceCode | undefined {
    const url = inspected.location && getScriptFile(inspected.location).url;
    if (url === undefined || isNodeUrl(url)) {
      const builtin = findBuiltinName(subject);
      if (builtin !== undefined) return builtinReference(builtin);
      throw new CannotShip(
        "it is native code, or Node's own without a public name; create it inside the function, " +
          "or send what it is made from",
      );
    }
    const reference = findReference(subject, text, inspected);
    return reference && this.#entry.isReachedFrom(url) ? undefined : reference;
  }

  #keepReference(subject: Function, code: ReferenceCode): Origin {
    const hash = this.#registry.keep(code);
    const origin = { hash, head: hash, body: undefined };
    this.#registry.origins.set(subject, origin);
    return origin;
  }

  #byValue(subject: Function, { code, values, state, keys, members }: Captured): Origin {
    const hash = this.#registry.keep(code);
    if (code.class !== undefined) this.#shareWeak(values);
    const body = mapValues(values, (value, name) => {
      const sent = this.standFor(value);
      const used = members.get(name);
      return sent === value && used && isModuleLike(value) ? pick(value, used) : sent;
    });
    if (state !== undefined) body[STATE_KEY] = state;
    if (code.class === undefined && state?.prototype === undefined) {
      return { hash, head: hash, body };
    }
    const id = this.#registry.sharedId(subject);
    const head: ClassHead = keys.length === 0 ? [hash, id] : [hash, id, keys];
    // A process keeps the class as it came first, so there is no point in capturing it again.
    this.#registry.origins.set(subject, { hash, head, body });
    return this.#again({ hash, head, body });
  }

  /** A class may keep private state of its instances there; see `weak-privates.ts`. */
  #shareWeak(values: Readonly<Record<string, unknown>>): void {
    for (const captured of Object.values(values)) {
      const value = captured instanceof Variable ? captured.value : captured;
      if (isWeakCollection(value)) this.#registry.sharedId(value);
    }
  }

  /** Of a value that belongs to the process, what the receiver has in its place. */
  standFor(value: unknown): unknown {
    if (typeof value !== "object" || value === null || types.isProxy(value)) return value;
    // Most that instances hold; the kinds below are no arrays.
    if (Array.isArray(value)) return this.#standForOwn(value) ?? value;
    if (value instanceof Variable || value instanceof Standin) return value;
    if (isWeakCollection(value) && this.#registry.isShared(value)) {
      const path = [value instanceof WeakMap ? "WeakMap" : "WeakSet"];
      return new Standin(referenceCode("weak", this.#registry.sharedId(value), { path }));
    }
    const standin = this.#standForOwn(value);
    if (standin !== undefined) return standin;
    if (!isCommonJsModule(value)) return value;
    const { filename, id, path } = value;
    const exports: unknown = this.standFor(value.exports);
    return { exports, filename, id, loaded: true, path };
  }

  /** What each process has of its own, such as the exports of a module. */
  #standForOwn(value: object): Standin | undefined {
    const origin = this.#registry.origins.get(value);
    const known = origin && this.#registry.getCode(origin.hash);
    if (known?.kind === "reference") return new Standin(known);
    const found = findStandin(value, this.#isEntry);
    return found && new Standin(found);
  }

  #bound({ name, length }: Function, { target, self, args }: BoundParts): Origin {
    const head: BoundHead = ["bound", name, length];
    const standFor = (value: unknown): unknown => this.standFor(value);
    const body = { target, this: standFor(self), arguments: args.map(standFor) };
    return { hash: "", head, body };
  }
}

export function mapValues(
  object: Readonly<Record<string, unknown>>,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
