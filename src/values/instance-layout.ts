import { MalformedMsgpackError } from "../base/msgpack.ts";
import { LAYOUT } from "./extension-types.ts";
import { Frame, stringOf } from "./frames.ts";

/** Class and keys of instances that are read. */
export class InstanceLayout {
  readonly keys: readonly string[];
  readonly #prototype: object;
  /** Nothing further up stands in the way of an assignment, as of `#checkedAt`. */
  #isClear = false;
  #checkedAt = -1;

  constructor(owner: unknown, keys: readonly string[]) {
    const prototype: unknown = typeof owner === "function" ? owner.prototype : undefined;
    if (typeof prototype !== "object" || prototype === null) {
      throw new MalformedMsgpackError("a layout without class");
    }
    this.#prototype = prototype;
    this.keys = keys;
  }

  create(): object {
    return Object.create(this.#prototype) as object;
  }

  /** `changes` counts what may have changed a class since the last call. */
  set(object: object, key: string, value: unknown, changes: number): void {
    if (changes !== this.#checkedAt) {
      this.#isClear = !this.keys.some((each) => each in this.#prototype);
      this.#checkedAt = changes;
    }
    if (this.#isClear) (object as Record<string, unknown>)[key] = value;
    else {
      const enumerable = true;
      Object.defineProperty(object, key, { value, writable: true, enumerable, configurable: true });
    }
  }
}

/** The layouts of one value, in order, and the count of `InstanceLayout.set`. */
export class InstanceLayouts {
  readonly #layouts: InstanceLayout[] = [];
  changes = 0;

  add(owner: unknown, keys: readonly string[]): InstanceLayout {
    const layout = new InstanceLayout(owner, keys);
    this.#layouts.push(layout);
    return layout;
  }

  /** For an instance with so many values. */
  get(number: unknown, count: number): InstanceLayout {
    const layout = this.#layouts[number as number];
    if (layout === undefined || layout.keys.length !== count) {
      throw new MalformedMsgpackError(
        `an instance of ${count} values with layout ${String(number)}`,
      );
    }
    return layout;
  }
}

/** An instance where values nest so deeply that they are read without recursion. */
export class InstanceFrame extends Frame {
  readonly #layouts: InstanceLayouts;
  readonly #lead: unknown[] = [];
  #layout: InstanceLayout | undefined;
  #place = 0;
  readonly #isFirst: boolean;

  constructor(tag: number, count: number, layouts: InstanceLayouts) {
    super(count);
    this.#isFirst = tag === LAYOUT;
    this.#layouts = layouts;
  }

  accept(part: unknown): void {
    const layout = this.#layout;
    if (layout === undefined) {
      this.#lead.push(part);
      this.#layout = this.#findLayout();
      this.object = this.#layout?.create();
      return;
    }
    layout.set(this.object!, layout.keys[this.#place++]!, part, this.#layouts.changes);
  }

  #findLayout(): InstanceLayout | undefined {
    const [first, count, ...keys] = this.#lead;
    if (!this.#isFirst) return this.#layouts.get(first, this.remaining);
    if (this.#lead.length < 2 || keys.length < Number(count)) return undefined;
    if (keys.length !== this.remaining) throw new MalformedMsgpackError("a layout of other length");
    return this.#layouts.add(first, keys.map(stringOf));
  }

  override finish(): object {
    if (this.object === undefined) throw new MalformedMsgpackError("a layout that is cut off");
    return this.object;
  }
}
