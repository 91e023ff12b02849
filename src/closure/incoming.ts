/** How functions and classes come in: made from their code first, given their captures after. */

import { createBound, type Bound } from "./bound.ts";
import { sha256, type ReferenceCode, type ValueCode } from "./code.ts";
import { applyState, type FunctionState } from "./function-state.ts";
import { resolveReference } from "./modules.ts";
import { STATE_KEY } from "./body-paths.ts";
import type { BoundHead, ClassHead, PrototypeHead, SymbolHead, VARIABLE_HEAD } from "./outgoing.ts";
import { rebuild, type Rebuilt } from "./rebuild.ts";
import type { Registry } from "./registry.ts";
import { Variable } from "./shared-variables.ts";
import { sourceDiffers } from "./sources.ts";
import { textOf } from "./platform.ts";

interface Unfilled {
  readonly rebuilt: Rebuilt;
  readonly hash: string;
  readonly head: unknown;
}

export class Incoming {
  readonly #registry: Registry;
  readonly #unfilled = new WeakMap<object, Unfilled>();
  readonly #unbound = new WeakMap<object, Bound>();
  /** How classes were made, for stamping their instances. */
  readonly #rebuiltClasses = new WeakMap<object, Rebuilt>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  createFunction(head: unknown): object {
    if (typeof head === "string") {
      const code = this.#registry.getCode(head);
      return code.kind === "reference" ? this.#resolve(code) : this.#rebuild(code, head, []);
    }
    const parts = head as BoundHead | ClassHead | PrototypeHead | SymbolHead | typeof VARIABLE_HEAD;
    if (parts[0] === "variable") return new Variable(undefined);
    if (parts[0] === "prototype") return this.#findPrototype(parts as PrototypeHead);
    if (parts[0] === "symbol") return this.#findSymbol(parts as SymbolHead);
    if (parts[0] === "bound") return this.#createBound(parts as BoundHead);
    return this.#createClass(parts as ClassHead);
  }

  #createBound([, name, length]: BoundHead): object {
    const bound = createBound(name, length);
    this.#unbound.set(bound.value, bound);
    return bound.value;
  }

  /** Not an object, but the place it goes to takes any value. */
  #findSymbol([, id, description]: SymbolHead): object {
    let symbol = this.#registry.findShared(id);
    if (symbol === undefined) this.#registry.addShared(id, (symbol = Symbol(description)));
    return symbol as object;
  }

  #findPrototype([, head]: PrototypeHead): object {
    return (this.createFunction(head) as Function).prototype as object;
  }

  #createClass(head: ClassHead): object {
    const [hash, id, keys = []] = head;
    const known = this.#registry.findShared(id);
    if (known !== undefined) return known as object;
    const code = this.#registry.getCode(hash);
    if (code.kind === "reference")
      throw new Error(`Cannot build class ${id}: its code has no text`);
    const built = this.#rebuild(code, head, keys as PropertyKey[]);
    this.#registry.addShared(id, built);
    return built;
  }

  #rebuild(code: ValueCode, head: unknown, keys: readonly PropertyKey[]): Function {
    const rebuilt = rebuild(code, keys);
    this.#unfilled.set(rebuilt.value, { rebuilt, hash: code.hash, head });
    if (code.class !== undefined) this.#rebuiltClasses.set(rebuilt.value, rebuilt);
    return rebuilt.value;
  }

  #resolve(code: ReferenceCode): object {
    if (code.via === "weak") return this.#resolveWeak(code);
    const value = resolveReference(code) as object;
    if (code.textHash !== "" && typeof value === "function") refuseOther(value, code);
    this.#registry.origins.set(value, { hash: code.hash, head: code.hash, body: undefined });
    return value;
  }

  #resolveWeak({ specifier, path }: ReferenceCode): object {
    const known = this.#registry.findShared(specifier);
    if (known !== undefined) return known as object;
    const made = path[0] === "WeakSet" ? new WeakSet() : new WeakMap();
    this.#registry.addShared(specifier, made);
    return made;
  }

  /** The captures may lead back to the function. A class that was known before stays as it is. */
  fillFunction(created: object, body: unknown): void {
    if (created instanceof Variable) created.value = body;
    if (body === undefined || created instanceof Variable) return;
    const unbound = this.#unbound.get(created);
    if (unbound !== undefined) return this.#fillBound(created, unbound, body);
    const unfilled = this.#unfilled.get(created);
    if (unfilled === undefined) return;
    this.#unfilled.delete(created);
    const { rebuilt, hash, head } = unfilled;
    const values = body as Readonly<Record<string, unknown>>;
    rebuilt.setCells(values);
    const state = values[STATE_KEY] as FunctionState | undefined;
    if (state !== undefined) applyState(rebuilt.value, state);
    if (state?.privates !== undefined) rebuilt.hooks.setStatics?.(Object.values(state.privates));
    this.#registry.origins.set(created, { hash, head, body });
  }

  #fillBound(created: object, { setParts }: Bound, body: unknown): void {
    this.#unbound.delete(created);
    const parts = body as { target: unknown; this: unknown; arguments: unknown[] };
    setParts({ target: parts.target, self: parts.this, args: parts.arguments });
    const head: BoundHead = ["bound", (created as Function).name, (created as Function).length];
    this.#registry.origins.set(created, { hash: "", head, body });
  }

  /** `undefined`: the class is this process's own. */
  findRebuilt(subject: object): Rebuilt | undefined {
    return this.#rebuiltClasses.get(subject);
  }
}

function refuseOther(value: Function, code: ReferenceCode): void {
  if (sha256(textOf(value)) === code.textHash) return;
  throw sourceDiffers(code);
}
