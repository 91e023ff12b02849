import assert from "node:assert/strict";
import { test } from "node:test";
import { SerializationError } from "../base/errors.ts";
import type { DecodeContext } from "./decode.ts";
import type { Extended } from "./encode.ts";
import { FUNCTION } from "./extension-types.ts";
import { assertSame, decode, encode } from "./same.test.ts";

const serialize = Symbol.for("mobula.serialize");
const deserialize = Symbol.for("mobula.deserialize");

class Money {
  readonly #cents: unknown;

  constructor(cents: unknown) {
    this.#cents = cents;
  }

  get cents(): unknown {
    return this.#cents;
  }

  [serialize](): unknown {
    return { cents: this.#cents };
  }

  static [deserialize](form: { cents: unknown }): Money {
    return new this(form.cents);
  }
}

class Price extends Money {}

class Sorted extends Map<string, unknown> {
  [serialize](): unknown {
    return [...this.keys()].sort();
  }

  static [deserialize](keys: string[]): Sorted {
    return new this(keys.map((key) => [key, key.length]));
  }
}

/** Classes by name; instances without a form of their own are nobody's business here. */
function roundTrip(value: unknown, ...classes: Function[]): unknown {
  const extend = (found: object): Extended | undefined =>
    typeof found === "function" ? { type: FUNCTION, head: found.name, body: null } : undefined;
  const all = [Money, Price, Sorted, ...classes];
  const receiving: Partial<DecodeContext> = {
    create: (_type, head) => all.find(({ name }) => name === head)!,
    fill: () => undefined,
  };
  return decode(encode(value, { root: "args[0]", extend }), receiving);
}

function failureOf(act: () => unknown): SerializationError {
  try {
    act();
  } catch (error) {
    assert(error instanceof SerializationError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

test("an object with a form of its own arrives as what its class makes of it", () => {
  const money = roundTrip(new Money(5n));
  assert(money instanceof Money && money.cents === 5n);
  const price = roundTrip(new Price(new Map([[1, new Date(2)]])));
  assert(price instanceof Price);
  assertSame(price.cents, new Map([[1, new Date(2)]]));
  const sorted = roundTrip(new Sorted([["b", 1], ["ab", 2]])); // prettier-ignore
  assert(sorted instanceof Sorted);
  assertSame([...sorted], [["ab", 2], ["b", 1]]); // prettier-ignore
});

test("forms nest, share and are shared", () => {
  const shared = { list: [1] };
  const inner = new Money(shared);
  const received = roundTrip({
    all: new Set([inner, new Price([inner, shared])]),
    again: inner,
    shared,
  }) as { all: Set<Money>; again: Money; shared: object };
  const [first, second] = received.all;
  assert.equal(first, received.again);
  assert.equal(first.cents, received.shared);
  assertSame((second!.cents as unknown[])[0], first);
  assert.equal((second!.cents as unknown[])[1], received.shared);
});

test("what is around an object may be in its form, the object itself may not", () => {
  const outer: Record<string, unknown> = { a: 1 };
  outer["money"] = new Money(outer);
  const received = roundTrip(outer) as { money: Money };
  assert.equal(received.money.cents, received);
  const list: unknown[] = [];
  const circle = new Money(list);
  list.push(circle);
  const error = failureOf(() => roundTrip({ circle }));
  assert.equal(
    error.message,
    'Cannot send args[0].circle[Symbol.for("mobula.serialize")]().cents[0]: its own form leads ' +
      "back to it; leave it out there",
  );
});

test("10,000 forms in each other", () => {
  let value: unknown = "bottom";
  for (let i = 0; i < 10_000; i++) value = new Money(value);
  let received = roundTrip(value);
  for (let i = 0; i < 10_000; i++) received = (received as Money).cents;
  assert.equal(received, "bottom");
});

test("what a hook throws comes with the path and as cause", () => {
  const cause = new RangeError("no");
  const fail = (): never => {
    throw cause;
  };
  class Out {
    [serialize] = fail;
    static [deserialize] = fail;
  }
  class In {
    [serialize](): number {
      return 1;
    }
    static [deserialize] = fail;
  }
  const out = failureOf(() => roundTrip([{ a: new Out() }], Out));
  assert.equal(
    out.message,
    'Cannot send args[0][0].a: its [Symbol.for("mobula.serialize")]() threw RangeError: no; ' +
      "correct that method",
  );
  assert.equal(out.path, "args[0][0].a");
  assert.equal(out.cause, cause);
  const value = { "a-b": [0, new Map([["k", new Set([new In()])]])] };
  const back = failureOf(() => roundTrip(value, In));
  assert.equal(back.path, 'value["a-b"][1].get("k").values()[0]');
  assert.equal(
    back.message,
    `Cannot receive ${back.path}: the static [Symbol.for("mobula.deserialize")]() of In threw ` +
      "RangeError: no; correct that method",
  );
  assert.equal(back.cause, cause);
});

test("hooks that do not fit together are refused", () => {
  class OneWay {
    [serialize](): number {
      return 1;
    }
  }
  assert.match(failureOf(() => roundTrip(new OneWay())).message, /OneWay has .* but no static/);
  class Nothing extends OneWay {
    static [deserialize](): void {
      return;
    }
  }
  assert.match(failureOf(() => roundTrip(new Nothing(), Nothing)).message, /gave undefined/);
  class Unsendable extends OneWay {
    override [serialize](): number {
      return Promise.resolve(1) as unknown as number;
    }
    static [deserialize](): object {
      return {};
    }
  }
  const { message } = failureOf(() => roundTrip([new Unsendable()], Unsendable));
  const step = '[Symbol.for("mobula.serialize")]()';
  assert.equal(message, `Cannot send args[0][0]${step}: it is a Promise; await it first`);
});
