/** Paths to what cannot be sent: they read as what the user wrote, however it is sent. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SerializationError } from "../base/errors.ts";
import { RECURSION_DEPTH_MAX } from "../values/limits.ts";
import { pack, runtimeOf } from "./ship.test.ts";

const here = runtimeOf(import.meta.url);

/** Each puts a value somewhere; by its key the path leads from there to the value. */
const places: Readonly<Record<string, (held: unknown) => unknown>> = {
  ".key": (held) => ({ before: 1, key: held }),
  '["<class>"]': (held) => ({ "<class>": held }),
  "[1]": (held) => [{}, held],
  '.get("key")': (held) => new Map([["key", held]]),
  ".keys()[0]": (held) => new Map([[held, 1]]),
  ".values()[1]": (held) => new Set([{}, held]),
  ".cause.key": (held) => new Error("outer", { cause: { key: held } }),
  ".extra": (held) => Object.assign(new TypeError("own"), { extra: held }),
  " → held": (held) => () => held,
  " → middle → held": (held) => {
    const middle = () => held;
    return () => middle();
  },
  "[0] → changing": (held) => {
    let changing = held;
    const change = () => (changing = 1);
    return [() => changing, change];
  },
  "[0] → shared.key": (held) => {
    let shared: unknown = { key: held };
    const change = () => (shared = 1);
    return [() => shared, change];
  },
  " → this.key": (held) => {
    return function (this: unknown) {
      return this;
    }.bind({ key: held });
  },
  " → arguments[1]": (held) => ((...all: unknown[]) => all).bind(null, 1, held),
  ".own": (held) => Object.assign(() => 1, { own: held }),
  "[Symbol.iterator]": (held) => Object.assign(() => 1, { [Symbol.iterator]: held }),
  '[Symbol.for("k")]': (held) => Object.assign(() => 1, { [Symbol.for("k")]: held }),
  ".inherited": (held) => Object.create({ inherited: held }) as unknown,
  ".lazy → held": (held) => {
    return Object.create(null, {
      lazy: { get: () => held, enumerable: false },
    }) as unknown;
  },
  ".config": (held) => {
    return class {
      static config = held;
    };
  },
  ".#config": (held) => {
    return class {
      static #config = held;
      static get() {
        return this.#config;
      }
    };
  },
  " → Base.config": (held) => {
    class Base {
      static config = held;
    }
    return class extends Base {};
  },
  ".prototype.added": (held) => {
    class Extended {}
    Object.assign(Extended.prototype, { added: held });
    return Extended;
  },
  ".constructor → held": (held) => {
    class Using {
      get() {
        return held;
      }
    }
    return new Using();
  },
  ".constructor.config": (held) => {
    class Using {
      static config = held;
      #own = 1;
      get() {
        return this.#own;
      }
    }
    return new Using();
  },
  ".field": (held) => {
    class Plain {
      field = held;
    }
    return new Plain();
  },
  ".#field": (held) => {
    class Base {
      #field = 1;
      get() {
        return this.#field;
      }
    }
    class Private extends Base {
      #field = held;
      override get() {
        return this.#field as number;
      }
    }
    return new Private();
  },
  ".constructor → secrets.get(this)": (held) => {
    const secrets = new WeakMap<object, unknown>();
    class Compiled {
      get() {
        return secrets.get(this);
      }
    }
    const made = new Compiled();
    secrets.set(made, held);
    return made;
  },
  '.get("own")': (held) => {
    class Bag extends Map<unknown, unknown> {}
    return new Bag([["own", held]]);
  },
  ".keys()[1]": (held) => {
    class Bag extends Map<unknown, unknown> {}
    return new Bag([
      [0, 1],
      [held, 1],
    ]);
  },
  ".values()[0]": (held) => {
    class Tags extends Set<unknown> {}
    return new Tags([held]);
  },
  ".reason": (held) => {
    class AppError extends Error {
      readonly reason = held;
    }
    return new AppError("own");
  },
  ".cause[0]": (held) => {
    class AppError extends Error {}
    return new AppError("own", { cause: [held] });
  },
};

function pathOf(value: unknown): string {
  try {
    pack(here, value);
  } catch (error) {
    assert(error instanceof SerializationError, String(error));
    assert(error.message.startsWith(`Cannot send ${error.path}: it is a Promise; await`));
    return error.path;
  }
  return assert.fail("it was sent");
}

function build(steps: readonly string[]): unknown {
  return steps.reduceRight<unknown>((held, step) => places[step]?.(held), Promise.resolve());
}

test("the path to a value reads as the user's own expression, from each place", () => {
  for (const step of Object.keys(places)) assert.equal(pathOf(build([step])), `value${step}`);
});

const steps = fc.array(fc.constantFrom(...Object.keys(places)), { minLength: 2, maxLength: 8 });

test("... and through any places in each other", () => {
  fc.assert(
    fc.property(steps, (through) => {
      assert.equal(pathOf(build(through)), `value${through.join("")}`);
    }),
  );
});

test("... however deep they lie", () => {
  for (const step of Object.keys(places)) {
    let value = build([step, ".key"]);
    for (let i = 0; i < RECURSION_DEPTH_MAX + 10; i++) value = [value];
    const tail = `[0]${step}.key`;
    assert(pathOf(value).endsWith(tail), pathOf(value));
  }
});
