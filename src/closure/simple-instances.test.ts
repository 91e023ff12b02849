/** Many instances of one class in one value: what they share is written once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { pack, runtimeOf, ship } from "./ship.test.ts";

const here = runtimeOf(import.meta.url);
const there = runtimeOf(import.meta.url);

class Node {
  [key: string]: unknown;
  constructor(properties: object = {}) {
    Object.assign(this, properties);
  }
}

class Guarded {
  name = "own";
  set size(_value: number) {
    throw new Error("an own property hides the setter");
  }
  static readonly all: Guarded[] = [];
}
Object.defineProperty(Guarded.prototype, "limit", { value: 1, writable: false });

test("class and keys are written once, all instances arrive whole", async () => {
  const make = (at: number): Node => new Node({ first: at, second: [at], name: `node ${at}` });
  const nodes = Array.from({ length: 100 }, (_, at) => make(at));
  const sizeOf = (value: unknown): number => pack(here, value).bytes.length;
  assert.ok(sizeOf(nodes) - sizeOf(nodes.slice(0, 50)) <= 50 * 22);
  const back = await ship(await ship(nodes, here, there), there, here);
  assert.deepEqual(back, nodes);
  assert.ok(back.every((node) => node instanceof Node));
});

test("instances whose keys differ, in number, names or order", async () => {
  const nodes = Array.from({ length: 60 }, (_, at) => {
    const keys = Array.from({ length: at % 20 }, (_unused, place) => `k${(place * 7 + at) % 20}`);
    return new Node(Object.fromEntries(keys.map((key) => [key, at])));
  });
  nodes.push(new Node({ 1: "one", "": "empty", é: 2, ["a".repeat(300)]: 3, "<class>": 1 }));
  nodes.push(new Node({ 1: "two", "": "empty", é: 3, ["a".repeat(300)]: 4, "<class>": 2 }));
  const back = await ship(nodes, here, there);
  const entries = (of: readonly Node[]): unknown => of.map((node) => Object.entries(node));
  assert.deepEqual(entries(back), entries(nodes));
});

test("identity and circles, also through trees and lists of any depth", async () => {
  const shared = { n: 1 };
  const [a, b, c] = [new Node({ shared }), new Node({ shared }), new Node({ shared })];
  Object.assign(a, { next: b, self: a });
  Object.assign(b, { next: c, self: b });
  Object.assign(c, { next: a, self: c });
  const [first, again, third] = await ship([a, a, c] as const, here, there);
  assert.equal(first, again);
  assert.equal((first["next"] as Node)["next"], third);
  assert.equal(third["next"], first);
  assert.equal(third["self"], third);
  assert.equal(third["shared"], first["shared"]);

  let list: Node | undefined;
  for (let at = 0; at < 5_000; at++) list = new Node({ at, next: list });
  let at: Node | undefined = await ship(list, here, there);
  let length = 0;
  for (; at !== undefined; at = at["next"] as Node | undefined) {
    length++;
  }
  assert.equal(length, 5_000);
});

test("an instance that has something special among others that have not", async () => {
  const mark = Symbol.for("mobula test mark");
  const nodes = Array.from({ length: 8 }, (_, at) => new Node({ at, kept: "x" }));
  Object.defineProperty(nodes[2]!, "at", { enumerable: false });
  Object.defineProperty(nodes[3]!, "at", { writable: false });
  Object.defineProperty(nodes[4]!, "at", { get: () => 44, configurable: true, enumerable: true });
  Reflect.set(nodes[5]!, mark, "m");
  Object.defineProperty(nodes[6]!, "at", { configurable: false });
  const back = await ship(nodes, here, there);
  const at = (index: number): PropertyDescriptor =>
    Reflect.getOwnPropertyDescriptor(back[index]!, "at")!;
  assert.deepEqual(at(1), { value: 1, writable: true, enumerable: true, configurable: true });
  assert.deepEqual(at(2), { value: 2, writable: true, enumerable: false, configurable: true });
  assert.deepEqual(at(3), { value: 3, writable: false, enumerable: true, configurable: true });
  assert.equal((at(4).get as () => number)(), 44);
  assert.equal(Reflect.get(back[5]!, mark), "m");
  assert.equal(at(6).configurable, false);
  assert.deepEqual(at(7), { value: 7, writable: true, enumerable: true, configurable: true });
});

test("own properties stay own where the class has a setter or a constant", async () => {
  const make = (size: number): Guarded => {
    const guarded = new Guarded();
    const rest = { writable: true, enumerable: true, configurable: true };
    Object.defineProperty(guarded, "size", { value: size, ...rest });
    Object.defineProperty(guarded, "limit", { value: size, ...rest });
    Object.defineProperty(guarded, "__proto__", { value: size, ...rest });
    return guarded;
  };
  const guarded = [make(1), make(2), make(3)];
  // The class leads to its instances.
  Guarded.all.push(...guarded);
  const back = await ship(guarded, here, there);
  const describe = (each: Guarded): unknown => Object.getOwnPropertyDescriptors(each);
  assert.deepEqual(back.map(describe), guarded.map(describe));
  assert.deepEqual((back[2]!.constructor as typeof Guarded).all, back);
  const second = await ship({ Guarded, guarded }, here, runtimeOf(import.meta.url));
  assert.equal(second.Guarded.all[1], second.guarded[1]);
  assert.deepEqual(second.guarded.map(describe), guarded.map(describe));
});

test("a proxy of an instance is none, and a subclass has layouts of its own", async () => {
  class Base extends Node {}
  class Derived extends Base {
    double(): number {
      return (this["n"] as number) * 2;
    }
  }
  const mixed = [
    new Base({ n: 1 }),
    new Derived({ n: 2 }),
    new Base({ n: 3 }),
    new Derived({ n: 4 }),
  ];
  const back = await ship(mixed, here, there);
  assert.deepEqual(
    back.map((each) => each.constructor.name),
    ["Base", "Derived", "Base", "Derived"],
  );
  assert.equal((back[3] as Derived).double(), 8);
  assert.throws(() => pack(here, [new Node(), new Proxy(new Node(), {})]), /Proxy/);
});

test("the path leads to what cannot be sent in the second instance too", () => {
  const nodes = [new Node({ held: 1 }), new Node({ held: 2 }), new Node({ held: new WeakMap() })];
  assert.throws(() => pack(here, nodes), /value\[2\]\.held/);
  nodes[2] = new Node({ held: { deep: [Promise.resolve()] } });
  assert.throws(() => pack(here, nodes), /value\[2\]\.held\.deep\[0\]/);
});
