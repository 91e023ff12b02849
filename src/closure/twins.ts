/**
 * Twins of this process's own classes, for instances that come back. Their private fields exist
 * only where a constructor put them, and a constructor that does more than that must not run. A
 * twin is the class as other processes have it: it can be stamped onto an object. Instances of the
 * twin are instances of the class too; only, methods of the class itself cannot see their private
 * fields.
 */

import { classChain, getClassInfo, setTwin } from "./class-info.ts";
import { applyState } from "./function-state.ts";
import { resolveReference } from "./modules.ts";
import { mapValues, type Outgoing } from "./outgoing.ts";
import { rebuild, type Rebuilt } from "./rebuild.ts";
import { Standin } from "./standins.ts";
import { textOf } from "./platform.ts";

/** A class and its bases as twins, by the class each is a twin of. */
export type Twins = ReadonlyMap<Function, Rebuilt>;

const SUPER_MEMBER = /\bsuper\s*[.[]/;

export class TwinMaker {
  readonly #outgoing: Outgoing;
  readonly #twins = new WeakMap<Function, Twins>();

  constructor(outgoing: Outgoing) {
    this.#outgoing = outgoing;
  }

  /** Precondition: what the code of the class and of its bases imports is loaded. */
  getTwins(original: Function): Twins {
    let twins = this.#twins.get(original);
    if (twins === undefined) this.#twins.set(original, (twins = this.#make(original)));
    return twins;
  }

  #make(original: Function): Twins {
    const chain = [original, ...classChain(original.prototype as object)];
    const last = chain.findLastIndex((each) => getClassInfo(each).isStamped);
    const twins = new Map<Function, Rebuilt>();
    let parent: Function | undefined;
    for (const each of chain.slice(0, last + 1).reverse()) {
      const twin = this.#makeOne(each, parent);
      // Whoever asks an instance for its class gets the one it is of.
      Object.defineProperty(twin.value.prototype, "constructor", { value: each });
      if (parent === undefined) join(twin, original);
      setTwin(twin.value.prototype as object, each);
      twins.set(each, twin);
      parent = twin.value;
    }
    return twins;
  }

  #makeOne(original: Function, parent: Function | undefined): Rebuilt {
    const { code, values, keys, state = {} } = this.#outgoing.capture(original);
    const rebuilt = rebuild(code, keys);
    rebuilt.setCells(mapValues(values, here));
    applyState(rebuilt.value, parent === undefined ? state : { ...state, parent });
    if (state.privates !== undefined) rebuilt.hooks.setStatics?.(Object.values(state.privates));
    return rebuilt;
  }
}

/** Interop stand-ins alone are made while a class is captured. */
function here(value: unknown): unknown {
  return value instanceof Standin ? resolveReference(value.code) : value;
}

/** `instanceof` finds the class behind its twin, unless that would mislead a `super` in it. */
function join(twin: Rebuilt, original: Function): void {
  if (SUPER_MEMBER.test(textOf(twin.value))) return;
  Object.setPrototypeOf(twin.value.prototype, original.prototype as object);
}
