import type { Extended } from "./encode-context.ts";
import { entryLabel, labels, propertyLabel } from "./path.ts";
import type { ReadKeys } from "./path.ts";

/**
 * A value that is written as a header and parts: what the tag of the header is, the parts in
 * order, and what a path calls each. Also the frame of the stack by which deep values are written:
 * `index` is the part being written.
 */
export abstract class Composite {
  readonly tag: number;
  readonly parts: readonly unknown[];
  index = -1;

  constructor(tag: number, parts: readonly unknown[]) {
    this.tag = tag;
    this.parts = parts;
  }

  /** The step of a path that leads to the part being written. */
  abstract label(): string;

  /** What the part being written is known by in arrays and objects. */
  get key(): string | number | undefined {
    return undefined;
  }
}

/** Tags that mean "no tag": the parts are those of an ordinary array or map. */
export const PLAIN_ARRAY = -1;
export const PLAIN_MAP = -2;

/** Parts that are known by their place. */
export class Items extends Composite {
  label(): string {
    return `[${this.index}]`;
  }

  override get key(): number {
    return this.index;
  }
}

/** Parts that a user cannot name: a path goes straight through them. */
export class InnerParts extends Composite {
  label(): string {
    return "";
  }
}

/** Parts of an object that the receiver cannot make before it has read some of them. */
export abstract class PartsFirst extends Composite {
  /** Why the part that is being written must not lead back to the object, if so. */
  abstract get circle(): string | undefined;
}

/** Head and body of an `Extended`. */
export class ExtendedParts extends PartsFirst {
  readonly #extended: Extended;

  constructor(extended: Extended) {
    super(extended.type, [extended.head, extended.body]);
    this.#extended = extended;
  }

  get readInside(): ReadKeys | undefined {
    const { readBody } = this.#extended;
    if (this.index !== 1 || readBody === undefined) return undefined;
    return (keys) => readBody(this.#extended, keys, labels);
  }

  label(): string {
    return "";
  }

  get circle(): string | undefined {
    return this.index === 0
      ? "it is needed to build its own class or code; take it out"
      : undefined;
  }
}

/** After `lead` inner parts: key, value, key, value ... */
export class Properties extends Composite {
  readonly lead: number;

  constructor(tag: number, parts: readonly unknown[], lead: number) {
    super(tag, parts);
    this.lead = lead;
  }

  label(): string {
    const { key } = this;
    if (key === undefined) return "";
    return typeof key === "number" ? `[${key}]` : propertyLabel(key);
  }

  override get key(): string | number | undefined {
    const pair = this.index - this.lead;
    return pair < 0 ? undefined : (this.parts[this.index - (pair & 1)] as string | number);
  }
}

export class MapEntries extends Composite {
  label(): string {
    const place = this.index >> 1;
    if ((this.index & 1) === 0) return `.keys()[${place}]`;
    return entryLabel(this.parts[this.index - 1], place);
  }
}

export class SetMembers extends Composite {
  label(): string {
    return `.values()[${this.index}]`;
  }
}
