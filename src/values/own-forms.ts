/**
 * Objects that say themselves how they travel: a method gives a form that can be sent, a static
 * method of the class makes an object of that form. Both are found by registered symbols, so that
 * a class need not import anything.
 */

import { types } from "node:util";
import { MalformedMsgpackError } from "../base/msgpack.ts";
import { findArrowForm, makeArrow } from "./arrow-forms.ts";
import { PartsFirst } from "./composite.ts";
import { OWN_FORM } from "./extension-types.ts";
import { FailedForm } from "./failed-form.ts";
import { cannotSend, thrownText } from "./refusal.ts";

const SERIALIZE = Symbol.for("mobula.serialize");
const DESERIALIZE = Symbol.for("mobula.deserialize");
const FORM_STEP = '[Symbol.for("mobula.serialize")]()';

/** Class and form: the object does not exist before both were read. */
export class OwnFormParts extends PartsFirst {
  readonly #step: string;

  /** `step`: how a path goes into the form. */
  constructor(owner: Function, form: unknown, step: string) {
    super(OWN_FORM, [owner, form]);
    this.#step = step;
  }

  label(): string {
    return this.index === 1 ? this.#step : "";
  }

  get circle(): string | undefined {
    if (this.index >= this.parts.length) return undefined;
    return "its own form leads back to it; leave it out there";
  }
}

/** `undefined`: the object has no form of its own. Its hook is called with `value` as `this`. */
export function findOwnForm(value: object, path: () => string): OwnFormParts | undefined {
  const serialize: unknown = Reflect.get(value, SERIALIZE);
  if (types.isProxy(value)) return undefined;
  if (typeof serialize !== "function") return findLibraryForm(value);
  const owner: unknown = Reflect.get(value, "constructor");
  if (typeof owner !== "function" || typeof Reflect.get(owner, DESERIALIZE) !== "function") {
    const name = typeof owner === "function" ? owner.name || "its class" : "its class";
    const reason = `${name} has [Symbol.for("mobula.serialize")]() but no static`;
    const advice = '[Symbol.for("mobula.deserialize")](form)';
    throw cannotSend(path(), `${reason} ${advice}; add it to the class`);
  }
  return new OwnFormParts(owner, formOf(value, serialize, path), FORM_STEP);
}

/** Of a library's class, which Mobula knows; a path shows the form's keys as the object's own. */
function findLibraryForm(value: object): OwnFormParts | undefined {
  const found = findArrowForm(value);
  return found && new OwnFormParts(found.owner, found.form, "");
}

function formOf(value: object, serialize: Function, path: () => string): unknown {
  try {
    return Reflect.apply(serialize, value, []);
  } catch (error) {
    const reason = `its ${FORM_STEP} threw ${thrownText(error)}`;
    throw cannotSend(path(), `${reason}; correct that method`, error);
  }
}

/** Precondition: the class is complete. Throws FailedForm. */
export function makeFromForm(owner: unknown, form: unknown): object {
  if (typeof owner !== "function") throw new MalformedMsgpackError("a form without class");
  const made = callHook(owner, form);
  if ((typeof made === "object" && made !== null) || typeof made === "function") return made;
  throw new FailedForm(owner.name, `gave ${String(made)}; return an instance`, undefined);
}

function callHook(owner: Function, form: unknown): unknown {
  const make: unknown = Reflect.get(owner, DESERIALIZE);
  if (typeof make !== "function") {
    const made = typeof form === "object" && form !== null ? makeArrow(owner, form) : undefined;
    if (made !== undefined) return made;
    throw new FailedForm(owner.name, "is missing; use the same class on both sides", undefined);
  }
  try {
    return Reflect.apply(make, owner, [form]);
  } catch (error) {
    throw new FailedForm(owner.name, `threw ${thrownText(error)}; correct that method`, error);
  }
}
