/**
 * Instances of classes. The receiver makes an empty object first, for properties and even the
 * class may lead back to it; then come its class, its properties and its private fields.
 */

import { CLASS_INSTANCE } from "../values/extension-types.ts";
import type { Extended } from "../values/encode.ts";
import { CannotShip } from "./cannot-ship.ts";
import { classChain, getClassInfo, ownConstructor } from "./class-info.ts";
import type { Incoming } from "./incoming.ts";
import { inspectPrivateFields, setPrivateField } from "./inspect.ts";
import { constructInert } from "./inert.ts";
import { findKind, getKind, type Kind } from "./kinds.ts";
import type { Outgoing } from "./outgoing.ts";
import {
  defineProperties,
  HIDDEN,
  listProperties,
  ORDINARY,
  type SpecialProperty,
} from "./properties.ts";
import { stampFields } from "./rebuild.ts";

/** Keys of a body that are no properties of the object. */
const CLASS_KEY = "<class>";
const PROTOTYPE_KEY = "<prototype>";
const CONTENT_KEY = "<content>";
const SPECIAL_KEY = "<special>";
const PRIVATE_KEY = "<private>";
const RESERVED = [CLASS_KEY, PROTOTYPE_KEY, CONTENT_KEY, SPECIAL_KEY, PRIVATE_KEY];

/** Kind of the built-in base and what it is made from, then heads of classes with privates. */
type Head = readonly [string | undefined, unknown, readonly unknown[]];

/** A class and the values of the private fields that it gave. */
type ClassPrivates = readonly [Function, readonly unknown[]];

export class Instances {
  readonly #outgoing: Outgoing;
  readonly #incoming: Incoming;

  constructor(outgoing: Outgoing, incoming: Incoming) {
    this.#outgoing = outgoing;
    this.#incoming = incoming;
  }

  /** `undefined`: an object of the platform. */
  extend(value: object): Extended | undefined {
    const chain = classChain(value);
    const kind = findKind(value);
    const [own] = chain;
    if (own !== undefined && getClassInfo(own).isBuiltin && own.name !== "EventEmitter") {
      return undefined;
    }
    refuseOtherBases(chain, kind);
    const owners = chain.filter((owner) => getClassInfo(owner).hasPrivates).reverse();
    const heads = owners.map((owner) => this.#headOf(owner));
    const head: Head | undefined =
      kind || heads.length > 0 ? [kind?.name, kind?.head?.(value), heads] : undefined;
    const body = bodyOf(value, kind, owners);
    const isByValue = own !== undefined && typeof this.#outgoing.headOf(own) !== "string";
    if (isByValue) this.#standForSymbols(body);
    return { type: CLASS_INSTANCE, head, body };
  }

  /** A class by value takes its symbols along; one that is loaded there has its own. */
  #standForSymbols(body: Record<string, unknown>): void {
    const specials = body[SPECIAL_KEY] as SpecialProperty[] | undefined;
    if (specials === undefined) return;
    body[SPECIAL_KEY] = specials.map(([key, ...rest]) => [this.#outgoing.standFor(key), ...rest]);
  }

  #headOf(owner: Function): unknown {
    const head = this.#outgoing.headOf(owner);
    // A class that the receiver builds itself can be stamped onto an object.
    if (typeof head === "string") refuseBusy(owner);
    return head;
  }

  /**
   * Private fields of a class that is the receiver's own come only from its constructor; those of
   * a rebuilt one can be put on the object later.
   */
  create(head: unknown): object {
    if (head === undefined) return {};
    const [kindName, made, heads] = head as Head;
    const owners = heads.map((each) => this.#incoming.createFunction(each) as Function);
    const owner = owners.findLast((each) => this.#incoming.findRebuilt(each) === undefined);
    if (owner !== undefined) {
      refuseBusy(owner);
      return constructInert(owner);
    }
    return kindName === undefined ? {} : getKind(kindName).create(made);
  }

  fill(created: object, body: unknown): void {
    const {
      [CLASS_KEY]: owner,
      [PROTOTYPE_KEY]: prototype,
      [CONTENT_KEY]: content,
      [SPECIAL_KEY]: special = [],
      [PRIVATE_KEY]: privates = [],
      ...plain
    } = body as Record<string, unknown>;
    for (const [subject, values] of privates as ClassPrivates[]) {
      this.#fillPrivates(created, subject, values);
    }
    const given = typeof owner === "function" ? (owner.prototype as unknown) : prototype;
    Object.setPrototypeOf(created, given as object | null);
    if (content !== undefined) findKind(created)?.fill?.(created, content);
    const kind = findKind(created);
    // What a constructor gave and the original no longer has.
    for (const key of Reflect.ownKeys(created)) {
      if (kind?.isGiven?.(key) !== true) Reflect.deleteProperty(created, key);
    }
    defineProperties(created, { plain, special: special as SpecialProperty[] });
  }

  #fillPrivates(created: object, owner: Function, values: readonly unknown[]): void {
    const rebuilt = this.#incoming.findRebuilt(owner);
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

function bodyOf(
  value: object,
  kind: Kind | undefined,
  owners: readonly Function[],
): Record<string, unknown> {
  const isError = kind?.name === "Error";
  const { plain, special } = listProperties(
    value,
    (key) => kind?.isGiven?.(key) === true || (isError && key === "stack"),
  );
  const body = plain;
  const specials: SpecialProperty[] = [...special];
  if (isError) specials.unshift(["stack", HIDDEN, (value as Error).stack]);
  for (const key of RESERVED) {
    if (!Object.hasOwn(plain, key)) continue;
    specials.push([key, ORDINARY, plain[key]]);
    delete body[key];
  }
  if (specials.length > 0) body[SPECIAL_KEY] = specials;
  if (kind?.parts !== undefined) body[CONTENT_KEY] = kind.parts(value);
  if (owners.length > 0) body[PRIVATE_KEY] = privatesOf(value, owners);
  const prototype = Object.getPrototypeOf(value) as object | null;
  const own = prototype === null ? undefined : ownConstructor(prototype);
  if (own === undefined) body[PROTOTYPE_KEY] = prototype;
  else body[CLASS_KEY] = own;
  return body;
}

/** `owners`: base class first, as the fields were put there. */
function privatesOf(value: object, owners: readonly Function[]): ClassPrivates[] {
  const fields = inspectPrivateFields(value);
  return owners.map((owner) => {
    const values = getClassInfo(owner).privateFields.map((name) => {
      const index = fields.findIndex((field) => field.name === `#${name}`);
      if (index < 0) throw new CannotShip(`its field #${name} of ${owner.name} cannot be read`);
      return fields.splice(index, 1)[0]?.value;
    });
    return [owner, values];
  });
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

/** The constructors from `owner` down to its last base would all run. */
function refuseBusy(owner: Function): void {
  const chain = [owner, ...classChain(owner.prototype as object)];
  const busy = chain.find((each) => !getClassInfo(each).isInert);
  if (busy === undefined) return;
  throw new CannotShip(
    `it has private fields, which only its constructor can make, and that of ${busy.name} does ` +
      "more than set fields; send the data it was made from, or make it in the task or an actor",
  );
}
