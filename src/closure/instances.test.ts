/** Classes and their instances between two runtimes. */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { SerializationError } from "../base/errors.ts";
import { pack, runtimeOf, ship, Tally } from "./ship.test.ts";

const here = runtimeOf(import.meta.url);
const there = runtimeOf(import.meta.url);

class Account {
  #balance: number;
  readonly owner: string;
  static opened = 0;

  constructor(owner: string, balance: number) {
    if (balance < 0) throw new RangeError("overdrawn");
    this.#balance = balance;
    this.owner = owner;
    Account.opened += 0;
  }

  deposit(amount: number): this {
    this.#balance += amount;
    return this;
  }

  get balance(): number {
    return this.#balance;
  }

  isRicherThan(other: Account): boolean {
    return this.#balance > other.#balance;
  }
}

class Savings extends Account {
  #rate = 2;
  constructor(owner: string) {
    super(owner, 100);
    this.deposit(1);
  }
  get interest(): number {
    return this.balance * this.#rate;
  }
}

class Point {
  x = 1;
  #hidden = "h";
  get hidden(): string {
    return this.#hidden;
  }
  set hidden(value: string) {
    this.#hidden = value;
  }
  equals(other: Point): boolean {
    return this.#hidden === other.#hidden;
  }
}

test("an instance that went there and came back is one of its class", async () => {
  const account = new Account("ann", 5);
  const shipped = await ship(account, here, there);
  assert.notEqual(shipped.constructor, Account);
  assert.equal(shipped.constructor.name, "Account");
  const back = await ship(shipped.deposit(2), there, here);
  assert.equal(back.balance, 7);
  assert.equal(account.balance, 5);
  assert.ok(back instanceof Account);
  assert.equal(back.constructor, Account);
  assert.equal(Account.opened, 0);
});

test("private fields of a class without a busy constructor are the class's own", async () => {
  const point = new Point();
  point.hidden = "seen";
  const back = await ship(await ship(point, here, there), there, here);
  assert.equal(Object.getPrototypeOf(back), Point.prototype);
  assert.ok(point.equals(back) && back.equals(point));
});

test("private fields of a class and its base, whatever their constructors do", async () => {
  const savings = new Savings("bob");
  const shipped = await ship(savings, here, there);
  assert.deepEqual([shipped.balance, shipped.interest, shipped.owner], [101, 202, "bob"]);
  const back = await ship(shipped, there, here);
  assert.deepEqual([back.balance, back.interest], [101, 202]);
  assert.ok(back instanceof Savings && back instanceof Account);
  assert.deepEqual(Object.keys(back), Object.keys(savings));
  const again = await ship(back, here, there);
  assert.equal(again.constructor, shipped.constructor);
  assert.equal(again.deposit(9).balance, 110);
});

test("an instance of a module's class is one there too; no constructor runs", async () => {
  const tally = new Tally("a", "b");
  const { made } = Tally;
  const shipped = await ship(tally, here, there);
  assert.deepEqual(shipped.names, ["a", "b"]);
  assert.ok(shipped instanceof Tally);
  assert.equal(Tally.made, made);
});

test("a class is one class in each process", async () => {
  const first = await ship(new Account("a", 1), here, there);
  const [second, shippedClass] = await ship([new Account("b", 2), Account] as const, here, there);
  assert.equal(first.constructor, shippedClass);
  assert.ok(second.isRicherThan(first));
  assert.equal(await ship(shippedClass, there, here), Account);
});

test("static state goes as it is, and initialisers do not run again", async () => {
  let runs = 0;
  class Registry {
    static readonly entries = new Map([["first", ++runs]]);
    static #secret = "s";
    static {
      Registry.entries.set("second", 2);
    }
    static get secret(): string {
      return this.#secret;
    }
    static instance = new Registry();
  }
  Registry.entries.set("third", 3);
  const shipped = await ship(Registry, here, there);
  assert.deepEqual([...shipped.entries.keys()], ["first", "second", "third"]);
  assert.equal(shipped.secret, "s");
  assert.ok(shipped.instance instanceof shipped);
  assert.equal(runs, 1);
});

test("methods that were replaced, added, computed", async () => {
  const key = `made-${"up"}`;
  class Greeter {
    greet(): string {
      return "hello";
    }
    [key](): number {
      return 1;
    }
    *[Symbol.iterator](): Generator<string> {
      yield "item";
    }
  }
  Greeter.prototype.greet = () => "replaced";
  Object.assign(Greeter.prototype, { added: () => 2 });
  const shipped = await ship(new Greeter(), here, there);
  assert.equal(shipped.greet(), "replaced");
  assert.equal(shipped[key]?.(), 1);
  assert.deepEqual([...shipped], ["item"]);
  assert.equal((shipped as unknown as { added(): number }).added(), 2);
});

test("errors of own classes keep their class, stack, cause and properties", async () => {
  class AppError extends Error {
    readonly code: number;
    constructor(message: string, code: number, options?: ErrorOptions) {
      super(message, options);
      this.code = code;
      this.name = "AppError";
    }
  }
  const error = new AppError("bad", 7, { cause: new TypeError("why") });
  const shipped = await ship(error, here, there);
  assert.ok(shipped instanceof Error);
  assert.equal(shipped.constructor.name, "AppError");
  assert.deepEqual([shipped.message, shipped.code, shipped.stack], ["bad", 7, error.stack]);
  assert.ok(shipped.cause instanceof TypeError);
  assert.deepEqual(Object.keys(shipped), Object.keys(error));
  assert.equal((await ship(shipped, there, here)).constructor, AppError);
});

test("subclasses of what the language provides", async () => {
  class Bag extends Map<string, number> {
    total(): number {
      return [...this.values()].reduce((sum, n) => sum + n, 0);
    }
  }
  class Stack extends Array<number> {
    get top(): number | undefined {
      return this.at(-1);
    }
  }
  class Samples extends Float64Array {
    mean(): number {
      return this.reduce((sum, x) => sum + x, 0) / this.length;
    }
  }
  class Tags extends Set<unknown> {}
  class Moment extends Date {
    label = "l";
  }
  const tags = new Tags();
  tags.add(tags);
  const values = [
    new Bag([["a", 2]]),
    new Stack(1, 2),
    new Samples([1, 3]),
    new Moment(5),
  ] as const;
  const [bag, stack, samples, moment] = await ship(values, here, there);
  assert.deepEqual([bag.total(), bag instanceof Map, bag.size], [2, true, 1]);
  assert.deepEqual([stack.top, stack.length, Array.isArray(stack)], [2, 2, true]);
  assert.equal(samples.mean(), 2);
  assert.deepEqual([moment.getTime(), moment.label], [5, "l"]);
  const shippedTags = await ship(tags, here, there);
  assert.ok(shippedTags.has(shippedTags));
});

test("an emitter with its listeners", async () => {
  class Meter extends EventEmitter {
    seen: number[] = [];
  }
  const meter = new Meter();
  meter.on("value", function (this: Meter, n: number) {
    this.seen.push(n);
  });
  const shipped = await ship(meter, here, there);
  shipped.emit("value", 3);
  assert.deepEqual([shipped.seen, meter.seen], [[3], []]);
});

test("objects whose prototype is a plain object", async () => {
  const base = {
    describe(this: { n: number }) {
      return `n is ${this.n}`;
    },
  };
  const object = Object.create(base, { n: { value: 4, enumerable: true } }) as {
    n: number;
    describe(): string;
  };
  assert.equal((await ship(object, here, there)).describe(), "n is 4");
});

test("properties keep their flags and odd names", async () => {
  class Odd {}
  const odd = new Odd();
  Object.defineProperty(odd, "fixed", { value: 1 });
  Object.defineProperty(odd, "__proto__", { value: "own", enumerable: true, configurable: true });
  Object.defineProperty(odd, "<class>", { value: "odd", enumerable: true, configurable: true });
  Object.defineProperty(odd, "twice", { get: () => 2, configurable: true });
  const shipped = await ship(odd, here, there);
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(shipped);
  const { fixed, twice } = properties;
  assert.deepEqual([fixed?.value, fixed?.writable, fixed?.enumerable], [1, false, false]);
  assert.equal(typeof twice?.get, "function");
  assert.deepEqual(Object.keys(shipped), ["__proto__", "<class>"]);
  assert.equal(Reflect.get(shipped, "<class>"), "odd");
  assert.equal(shipped.constructor.name, "Odd");
});

test("cycles between instances, their class and its captures", async () => {
  class Node {
    next: Node = this;
    static first: Node | undefined;
    family(): readonly unknown[] {
      return [all, Node];
    }
  }
  const all = [new Node(), new Node()];
  all[0]!.next = all[1]!;
  Node.first = all[0];
  const shipped = await ship(all[1]!, here, there);
  const [shippedAll, shippedClass] = shipped.family() as [Node[], typeof Node];
  assert.equal(shippedAll[1], shipped);
  assert.equal(shippedAll[0]?.next, shipped);
  assert.equal(shippedClass.first, shippedAll[0]);
  assert.equal(shipped.constructor, shippedClass);
});

test("refused, and why", () => {
  const refusal = (value: unknown): string => {
    try {
      pack(here, value);
    } catch (error) {
      assert.ok(error instanceof SerializationError, String(error));
      return error.message;
    }
    assert.fail("it was not refused");
  };
  class Connection extends Socket {}
  class Later extends Promise<number> {}
  const key = "field";
  class Computed {
    [key] = 1;
  }
  assert.match(refusal({ socket: new Socket() }), /^Cannot send value\.socket: it is a Socket/);
  const advice =
    "whose state belongs to this process; send the data it was made from, " +
    "or make it in the task or in an actor";
  assert.equal(
    refusal([new Connection()]),
    `Cannot send value[0] (instance of Connection): its class extends Socket, ${advice}`,
  );
  assert.equal(
    refusal(Later.resolve(1)),
    `Cannot send value (instance of Later): its class extends Promise, ${advice}`,
  );
  assert.equal(
    refusal(new Computed()),
    "Cannot send value (instance of Computed): " +
      "the name of a field is computed; set the field in the constructor",
  );
  assert.match(refusal(new Proxy(new Point(), {})), /^Cannot send value: it is a Proxy/);
});

test("what the platform lends a program stays the platform's", async () => {
  class Service {
    readonly log = console;
    readonly math = Math;
    readonly out = process.stdout;
    readonly price = new Intl.NumberFormat("de", { style: "currency", currency: "EUR" });
    readonly day = new Intl.DateTimeFormat("en", { dateStyle: "long", timeZone: "UTC" });
    readonly encoder = new TextEncoder();
    readonly decoder = new TextDecoder("utf-16le", { fatal: true });
  }
  const service = new Service();
  const shipped = await ship(service, here, there);
  assert.deepEqual([shipped.log, shipped.math, shipped.out], [console, Math, process.stdout]);
  assert.equal(shipped.price.format(1.5), service.price.format(1.5));
  assert.equal(shipped.day.format(0), "January 1, 1970");
  assert.deepEqual(shipped.encoder.encode("é"), service.encoder.encode("é"));
  assert.deepEqual([shipped.decoder.encoding, shipped.decoder.fatal], ["utf-16le", true]);
  const nested = await ship({ list: [console, process] }, here, there);
  assert.deepEqual(nested.list, [console, process]);
});

test("getters of what is captured are never called", () => {
  class Careful {
    static get cache(): never {
      throw new Error("called");
    }
    get fd(): never {
      throw new Error("called");
    }
    get filename(): never {
      throw new Error("called");
    }
  }
  const careful = new Careful();
  Object.defineProperty(careful, Symbol.toStringTag, { get: () => assert.fail("called") });
  assert.ok(pack(here, () => [Careful, careful.toString, careful] as const));
});
