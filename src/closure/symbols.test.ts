/** Symbols that a program made for itself: one symbol in each process, wherever they lie. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { SerializationError } from "../base/errors.ts";
import { pack, runtimeOf, ship, Tally } from "./ship.test.ts";

const here = runtimeOf(import.meta.url);
const there = runtimeOf(import.meta.url);

class Holder {
  static kind: symbol;
  readonly field: symbol;
  readonly #hidden: symbol;
  constructor(symbol: symbol) {
    this.field = symbol;
    this.#hidden = symbol;
  }
  get hidden(): symbol {
    return this.#hidden;
  }
}

/** Puts a symbol somewhere, and finds it there again. */
interface Place {
  readonly put: (symbol: symbol) => unknown;
  readonly find: (holder: never) => unknown;
}

function place<T>(put: (symbol: symbol) => T, find: (holder: T) => unknown): Place {
  return { put, find };
}

const places: Readonly<Record<string, Place>> = {
  alone: place(
    (symbol) => symbol,
    (symbol) => symbol,
  ),
  property: place(
    (symbol) => ({ deep: [{ symbol }] }),
    (holder) => holder.deep[0]?.symbol,
  ),
  "key of a Map": place(
    (symbol) => new Map([[symbol, 1]]),
    (map) => [...map.keys()][0],
  ),
  "value of a Map": place(
    (symbol) => new Map([[1, symbol]]),
    (map) => map.get(1),
  ),
  "member of a Set": place(
    (symbol) => new Set([symbol]),
    (set) => [...set][0],
  ),
  "in a box": place(
    (symbol) => Object(symbol) as symbol,
    (box) => box.valueOf(),
  ),
  "cause of an error": place(
    (symbol) => new Error("x", { cause: symbol }),
    (error) => error.cause,
  ),
  captured: place(
    (symbol) => () => symbol,
    (get) => get(),
  ),
  "in what is captured": place(
    (symbol) => {
      const kinds = { first: [symbol] };
      return () => kinds;
    },
    (get) => get().first[0],
  ),
  "bound argument": place(
    (symbol) => ((given: unknown) => given).bind(undefined, symbol),
    (get) => get(),
  ),
  "key of a captured object": place(
    (symbol) => {
      const table = Object.assign(() => 1, { [symbol]: 2 });
      return () => table;
    },
    (get) => Object.getOwnPropertySymbols(get())[0],
  ),
  "only key of an object": place(
    (symbol) => ({ [symbol]: 1 }),
    (object) => Object.getOwnPropertySymbols(object)[0],
  ),
  "static field": place(
    (symbol) => {
      return class {
        static readonly kinds = { symbol };
      };
    },
    (kinds) => kinds.kinds.symbol,
  ),
  "static field of a class that is reached through its instance": place(
    (symbol) => {
      class Kind {
        static readonly first = symbol;
      }
      return new Kind();
    },
    (kind) => (kind.constructor as unknown as { first: symbol }).first,
  ),
  field: place(
    (symbol) => new Holder(symbol),
    (holder) => holder.field,
  ),
  "private field": place(
    (symbol) => new Holder(symbol),
    (holder) => holder.hidden,
  ),
  "name of a method": place(
    (symbol) => {
      class Named {
        [symbol](): number {
          return 1;
        }
      }
      return new Named();
    },
    (named) => {
      const keys = Reflect.ownKeys(Object.getPrototypeOf(named) as object);
      return keys.find((key) => typeof key === "symbol");
    },
  ),
};

for (const [name, { put, find }] of Object.entries(places)) {
  test(`${name}: it is one symbol in each process, the original where it is from`, async () => {
    for (const description of ["kind", "", undefined]) {
      const symbol = Symbol(description);
      const twin = Symbol(description);
      const message = [put(symbol), symbol, () => symbol, twin] as const;
      const [holder, alone, get, other] = await ship(message, here, there);
      const found = find(holder as never) as symbol;
      assert.equal(typeof found, "symbol");
      assert.notEqual(found, symbol);
      assert.equal(found.description, description);
      assert.equal(alone, found);
      assert.equal(get(), found);
      assert.notEqual(other, found);
      assert.equal(await ship({ symbol }, here, there).then((next) => next.symbol), found);
      const back = await ship(holder, there, here);
      assert.equal(find(back as never), symbol);
      assert.equal(await ship(found, there, here), symbol);
    }
  });
}

test("symbols that every process has stay what they are", async () => {
  const symbols = [Symbol.iterator, Symbol.asyncIterator, Symbol.for("registered")];
  assert.deepEqual(await ship({ symbols }, here, there), { symbols });
});

test("a key that a class's own module makes anew is refused", () => {
  const key = Symbol("state");
  const tally = Object.assign(new Tally(), { [key]: 1 });
  assert.throws(
    () => pack(here, { tally }),
    (error: SerializationError) => {
      assert.equal(
        error.message,
        "Cannot send value.tally (instance of Tally): its key Symbol(state) is another one where " +
          'the module of its class is loaded; use Symbol.for("state")',
      );
      return error.path === "value.tally";
    },
  );
});

test("many uses of a symbol take little room", () => {
  const symbol = Symbol("x");
  const symbols = Array.from({ length: 1_000 }, () => symbol);
  assert(pack(here, symbols).bytes.length < 10_000);
});
