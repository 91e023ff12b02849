/**
 * Instances of one class with the same keys, as most are: class and keys are written once. Hot
 * path.
 */

import type { SimpleClass } from "./encode-context.ts";

/** Keys of instances in their order; `number` is -1 until they are written. */
export interface Layout {
  readonly keys: readonly string[];
  number: number;
}

/** Instances whose keys differ this much are used as dictionaries: layouts would not be shared. */
const LAYOUTS_MAX = 8;

/** The layouts of one prototype in one value. */
export class ClassLayouts {
  readonly simple: SimpleClass;
  readonly #layouts: Layout[] = [];

  constructor(simple: SimpleClass) {
    this.simple = simple;
  }

  /** `undefined`: too many are known. */
  find(keys: readonly string[]): Layout | undefined {
    for (const layout of this.#layouts) if (areSame(layout.keys, keys)) return layout;
    if (this.#layouts.length >= LAYOUTS_MAX) return undefined;
    const layout = { keys, number: -1 };
    this.#layouts.push(layout);
    return layout;
  }
}

/** All layouts of one value, by prototype. */
export class Layouts {
  readonly #classes = new Map<object, ClassLayouts>();
  #prototype: object | undefined;
  #found: ClassLayouts | undefined;
  /** Layouts that were written. */
  count = 0;

  add(prototype: object, simple: SimpleClass): void {
    if (this.#classes.has(prototype)) return;
    this.#classes.set(prototype, new ClassLayouts(simple));
    this.#prototype = undefined;
  }

  of(prototype: object): ClassLayouts | undefined {
    if (prototype !== this.#prototype) {
      this.#prototype = prototype;
      this.#found = this.#classes.get(prototype);
    }
    return this.#found;
  }
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
