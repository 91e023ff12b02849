/**
 * Instances of classes. The receiver makes an empty object first, for properties and even the
 * class may lead back to it; then come its class, its properties and its private fields.
 */

import { types } from "node:util";
import { CLASS_INSTANCE } from "../values/extension-types.ts";
import type { Extended, SimpleClass } from "../values/encode.ts";
import { readInstance } from "./body-paths.ts";
import { isLocal } from "./builtins.ts";
import { CannotShip } from "./cannot-ship.ts";
import { classChain, getClassInfo, ownConstructor } from "./class-info.ts";
import { isIteratorOfPlatform } from "./iterators.ts";
import type { Incoming } from "./incoming.ts";
import { constructInert } from "./inert.ts";
import { setPrivateField } from "./inspect.ts";
import {
  BOUND_KEY,
  bodyOf,
  CLASS_KEY,
  CONTENT_KEY,
  plainOf,
  PRIVATE_KEY,
  PROTOTYPE_KEY,
  SPECIAL_KEY,
  WEAK_KEY,
  type ClassPrivates,
} from "./instance-body.ts";
import { findKind, getKind, type Kind } from "./kinds.ts";
import { mapValues, type Outgoing } from "./outgoing.ts";
import { defineProperties, type SpecialProperty } from "./properties.ts";
import { stampFields } from "./rebuild.ts";
import type { Registry } from "./registry.ts";
import { fillSimple, simpleBody } from "./simple-instances.ts";
import { WeakPrivates, type WeakEntry } from "./weak-privates.ts";
import { TwinMaker, type Twins } from "./twins.ts";

/** Kind of the built-in base and what it is made from, then heads of classes with privates. */
type Head = readonly [string | undefined, unknown, readonly unknown[]];

export class Instances {
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;
  readonly #twins: TwinMaker;
  readonly #twinCodes = new WeakMap<Function, readonly string[]>();
  /** Objects whose class is here and cannot be stamped. */
  readonly #twinned = new WeakMap<object, Twins>();
  readonly #weakPrivates: WeakPrivates;
  /** By prototype; `null`: its instances are not simple. */
  readonly #simpleClasses = new WeakMap<object, SimpleClass | null>();
  readonly #standFor = (value: unknown): unknown => this.#outgoing.standFor(value);

  constructor(registry: Registry, outgoing: Outgoing, incoming: Incoming) {
    this.#weakPrivates = new WeakPrivates(registry, outgoing);
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#twins = new TwinMaker(outgoing);
  }

  /** `undefined`: an object of the platform. */
  extend(value: object, codes: Set<string>): Extended | undefined {
    if (types.isProxy(value)) return undefined;
    const simple = this.#simpleClass(value, codes);
    const plainBody = simple && simpleBody(value, simple);
    if (plainBody) return { ...instance(undefined, plainBody), simple };
    const owner = ownConstructor(value);
    const ofClass = owner && this.#outgoing.extendPrototype(owner, codes);
    if (ofClass !== undefined) return ofClass;
    const chain = classChain(value);
    const isPlain = chain.every((each) => !getClassInfo(each).isBuiltin);
    const kind = isPlain ? undefined : findKind(value);
    const [own] = chain;
    if (isIteratorOfPlatform(value, chain)) return undefined;
    if (own !== undefined && getClassInfo(own).isBuiltin) {
      if (kind?.isWhole !== true || !kind.name.endsWith(own.name)) return undefined;
    }
    refuseOtherBases(chain, kind);
    const owners = chain.filter((owner) => getClassInfo(owner).isStamped).reverse();
    const heads = owners.map((owner) => this.#headOf(owner, codes));
    const head: Head | undefined =
      kind || heads.length > 0 ? [kind?.name, kind?.head?.(value), heads] : undefined;
    const body = mapValues(bodyOf(value, kind, owners), (part) => this.#outgoing.standFor(part));
    const weak = this.#weakPrivates.list(value, chain, codes);
    if (weak.length > 0) body[WEAK_KEY] = weak;
    const isLoaded = own !== undefined && typeof this.#outgoing.headOf(own, codes) === "string";
    if (isLoaded) refuseLocalKeys((body[SPECIAL_KEY] ?? []) as SpecialProperty[]);
    return instance(head, body);
  }

  #simpleClass(value: object, codes: Set<string>): SimpleClass | undefined {
    const prototype = Reflect.getPrototypeOf(value);
    if (prototype === null) return undefined;
    let simple = this.#simpleClasses.get(prototype);
    if (simple === undefined) {
      const owner = this.#findSimpleOwner(value, prototype, codes);
      simple = owner && { owner, standFor: this.#standFor };
      this.#simpleClasses.set(prototype, simple);
    }
    return simple ?? undefined;
  }

  /** The class, if its instances have nothing but their properties. */
  #findSimpleOwner(value: object, prototype: object, codes: Set<string>): Function | null {
    const owner = ownConstructor(prototype);
    const chain = classChain(value);
    const isSimple = chain.every((each) => {
      const { isBuiltin, isStamped } = getClassInfo(each);
      return !isBuiltin && !isStamped;
    });
    if (owner === undefined || !isSimple) return null;
    // A class that cannot go is refused here, where the instance lies.
    for (const each of chain) this.#outgoing.headOf(each, codes);
    return this.#weakPrivates.mayHold(chain) ? null : owner;
  }

  #headOf(owner: Function, codes: Set<string>): unknown {
    const head = this.#outgoing.headOf(owner, codes);
    if (typeof head !== "string" || isInertChain(owner)) return head;
    // The receiver has the class; for a twin it needs what the code imports.
    let hashes = this.#twinCodes.get(owner);
    if (hashes === undefined) {
      hashes = userChain(owner).map((each) => this.#outgoing.capture(each).code.hash);
      this.#twinCodes.set(owner, hashes);
    }
    for (const hash of hashes) codes.add(hash);
    return head;
  }

  /**
   * Private fields of a class that is the receiver's own come only from its constructor; those of
   * a rebuilt one, or of a twin, can be put on the object later.
   */
  create(head: unknown): object {
    if (head === undefined) return {};
    const [kindName, made, heads] = head as Head;
    const owners = heads.map((each) => this.#incoming.createFunction(each) as Function);
    const owner = owners.findLast((each) => this.#incoming.findRebuilt(each) === undefined);
    const inert = owner && isInertChain(owner) ? constructInert(owner) : undefined;
    if (inert !== undefined) return inert;
    const created = kindName === undefined ? {} : getKind(kindName).create(made);
    if (owner !== undefined) this.#twinned.set(created, this.#twins.getTwins(owner));
    return created;
  }

  fill(created: object, body: unknown): void {
    const parts = body as Record<string, unknown>;
    const isEmpty = Reflect.getPrototypeOf(created) === Object.prototype;
    if (isEmpty && !this.#twinned.has(created) && fillSimple(created, parts)) return;
    const { [CLASS_KEY]: owner, [CONTENT_KEY]: content, [SPECIAL_KEY]: special = [] } = parts;
    for (const [subject, keys] of (parts[PRIVATE_KEY] ?? []) as ClassPrivates[]) {
      const values = keys.map((key) => parts[key]);
      this.#fillPrivates(created, subject, values);
    }
    const actual = this.#twinned.get(created)?.get(owner as Function)?.value ?? owner;
    const given =
      typeof actual === "function" ? (actual.prototype as unknown) : parts[PROTOTYPE_KEY];
    Object.setPrototypeOf(created, given as object | null);
    if (content !== undefined) findKind(created)?.fill?.(created, content);
    const kind = findKind(created);
    // What a constructor gave and the original no longer has.
    const kept = new Set<unknown>((parts[BOUND_KEY] ?? []) as string[]);
    for (const key of Reflect.ownKeys(created)) {
      if (kind?.isGiven?.(key) !== true && !kept.has(key)) Reflect.deleteProperty(created, key);
    }
    this.#weakPrivates.restore(created, (parts[WEAK_KEY] ?? []) as WeakEntry[]);
    defineProperties(created, { plain: plainOf(parts), special: special as SpecialProperty[] });
  }

  #fillPrivates(created: object, owner: Function, values: readonly unknown[]): void {
    const twins = this.#twinned.get(created);
    const rebuilt = this.#incoming.findRebuilt(owner) ?? twins?.get(owner);
    if (rebuilt !== undefined) {
      stampFields(created, rebuilt);
      rebuilt.hooks.setFields?.(created, values);
      return;
    }
    for (const [index, name] of getClassInfo(owner).privateFields.entries()) {
      setPrivateField(created, `#${name}`, values[index]);
    }
  }
}

function instance(head: Head | undefined, body: Record<string, unknown>): Extended {
  return { type: CLASS_INSTANCE, head, body, readBody: readInstance };
}

/** What is an EventEmitter may be much more, a socket for instance; the other kinds are exact. */
function refuseOtherBases(chain: readonly Function[], kind: Kind | undefined): void {
  const base = chain.find((each) => getClassInfo(each).isBuiltin);
  if (base === undefined || (kind && kind.name !== "EventEmitter")) return;
  if (base.name === kind?.name) return;
  throw new CannotShip(
    `its class extends ${base.name}, whose state belongs to this process; send the data it was ` +
      "made from, or make it in the task or in an actor",
  );
}

/** A class by value takes its symbols along; a module that is loaded there makes its own. */
function refuseLocalKeys(properties: readonly SpecialProperty[]): void {
  const local = properties.find(([key]) => typeof key === "symbol" && isLocal(key));
  if (local === undefined) return;
  const key = local[0] as symbol;
  throw new CannotShip(
    `its key ${String(key)} is another one where the module of its class is loaded; ` +
      `use Symbol.for(${JSON.stringify(key.description ?? "name")})`,
  );
}

/** Whether making an instance does nothing else: the constructors of all bases run. */
function isInertChain(owner: Function): boolean {
  return [owner, ...classChain(owner.prototype as object)].every(
    (each) => getClassInfo(each).isInert,
  );
}

function userChain(owner: Function): Function[] {
  const chain = [owner, ...classChain(owner.prototype as object)];
  return chain.filter((each) => !getClassInfo(each).isBuiltin);
}
