/** Functions between two runtimes; what they do elsewhere is in tests/closure. */

import assert from "node:assert/strict";
import { EventEmitter, on } from "node:events";
import { builtinModules, createRequire } from "node:module";
import { createServer } from "node:net";
import path, { join } from "node:path";
import { test } from "node:test";
import { types } from "node:util";
import { runInNewContext } from "node:vm";
import { SerializationError } from "../base/errors.ts";
import { pack, runtimeOf, ship, twice, unpack } from "./ship.test.ts";

const here = runtimeOf(import.meta.url);
const there = runtimeOf(import.meta.url);

/** The text of the error of sending `value`. */
function refusal(value: unknown): string {
  try {
    pack(here, value);
  } catch (error) {
    assert.ok(error instanceof SerializationError, String(error));
    return error.message;
  }
  assert.fail("it was not refused");
}

test("an export of a module is the receiver's own", async () => {
  assert.equal(await ship(twice, here, there), twice);
  const { codes } = pack(here, twice);
  assert.deepEqual(
    codes.map(({ kind }) => kind),
    ["reference"],
  );
});

test("code is the same for all closures of one place, and none is captured by its imports", () => {
  const closures = [1, 2].map((n) => () => join(path.sep, String(n)));
  const hashes = closures.map((closure) => pack(here, closure).codes.map(({ hash }) => hash));
  assert.deepEqual(hashes[0], hashes[1]);
  assert.equal(hashes[0]?.length, 1);
});

test("every function of the platform with a name is found again under it", async () => {
  const require = createRequire(import.meta.url);
  const owners = ["fs", "path", "util", "crypto", "events", "url", "os"].map((id) => require(id));
  const functions = [
    ...Object.getOwnPropertyNames(globalThis).map((name) => Reflect.get(globalThis, name)),
    ...[console, Math, JSON, Reflect, Object, Array, Promise, Array.prototype, Map.prototype],
    ...owners,
  ].flatMap((owner) => [owner, ...valuesOf(owner)]);
  for (const each of functions) {
    if (typeof each !== "function" || each.name.startsWith("__") || isOurs(each)) continue;
    assert.equal(await ship(each, here, there), each, each.name);
  }
});

/** Values of own properties; getters are not called. */
function valuesOf(owner: unknown): unknown[] {
  if (owner === null || typeof owner !== "object") return [];
  return Object.values(Object.getOwnPropertyDescriptors(owner)).map(
    ({ value }) => value as unknown,
  );
}

/** What this program itself put among the globals. */
function isOurs(value: Function): boolean {
  return !Function.prototype.toString.call(value).includes("[native code]") && value === twice;
}

test("functions of built-in modules that nobody loaded are not looked for", async () => {
  const unloaded = builtinModules.filter((id) => !id.includes("/")).length;
  await ship(Math.max, here, there);
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
  const loaded = builtinModules.filter((id) => moduleLoadList.includes(`NativeModule ${id}`));
  assert.ok(loaded.length < unloaded);
});

test("refused, and why", () => {
  const deep = {
    client: {
      make: function outer(this: unknown) {
        return () => this;
      },
    },
  };
  const proxy = new Proxy(() => 0, {});
  assert.equal(
    refusal({ list: [deep.client.make()] }),
    "Cannot send value.list[0] (function): it uses `this` of the function around it; " +
      "take what it needs into a constant there",
  );
  assert.equal(
    refusal(proxy),
    "Cannot send value (function): it is a Proxy; send what it stands for",
  );
  const withSuper = {
    __proto__: deep,
    m() {
      return super.toString();
    },
  };
  assert.equal(
    refusal(withSuper.m),
    "Cannot send value (function m): it uses `super` of the object it is a method of; " +
      "make that a class and send it whole",
  );
  const socket = { pipe: () => 0, weak: new WeakMap() };
  const useWeak = () => socket.weak;
  assert.match(refusal({ useWeak }), /^Cannot send value\.useWeak → socket\.weak: it is a WeakMap/);
});

const running: readonly object[] = [
  (function* () {})(),
  (async function* () {})(),
  ...[[1].values(), new Map().keys(), new Set().values(), "a"[Symbol.iterator]()],
  ...["a".matchAll(/a/g), new Headers().entries(), new URLSearchParams().keys()],
  on(new EventEmitter(), "event"),
  runInNewContext("(function* () {})()") as object,
  ...("Iterator" in globalThis ? [helperOf([1].values())] : []),
];

function helperOf(iterator: object): object {
  const { map } = iterator as { map(mapper: (x: number) => number): object };
  return map.call(iterator, (x) => x);
}

test("generator objects and iterators: what they are and what to do, wherever they lie", () => {
  for (const iterator of running) {
    const isGenerator = types.isGeneratorObject(iterator);
    const [what, instead] = isGenerator
      ? [
          "a generator object",
          "make the remote function itself a generator, whose elements are streamed",
        ]
      : ["an iterator", "make it inside the task"];
    const advice = `collect it into an array first, or ${instead}`;
    const reason = `it is ${what}, bound to this process; ${advice}`;
    assert.equal(refusal(iterator), `Cannot send value: ${reason}`);
    assert.equal(refusal({ list: [iterator] }), `Cannot send value.list[0]: ${reason}`);
    assert.equal(refusal({ f: () => iterator }), `Cannot send value.f → iterator: ${reason}`);
  }
});

test("iterators of the program's own classes go as any instance", async () => {
  class Countdown implements Iterator<number> {
    #n = 3;
    next(): IteratorResult<number> {
      return this.#n > 0 ? { done: false, value: this.#n-- } : { done: true, value: undefined };
    }
    [Symbol.iterator](): this {
      return this;
    }
  }
  const countdown = new Countdown();
  countdown.next();
  assert.deepEqual([...(await ship(countdown, here, there))], [2, 1]);
});

test("what belongs to the platform and has no name is refused with what to do", () => {
  const made = "create it inside the function, or send what it is made from";
  let settle: unknown;
  void new Promise((resolve) => (settle = resolve));
  const reason = `it is native code, or Node's own without a public name; ${made}`;
  assert.equal(refusal({ settle }), `Cannot send value.settle (function): ${reason}`);
  const instead = "create it inside the function, keep it in an actor, or send plain data";
  const timer = setTimeout(() => undefined, 0);
  clearTimeout(timer);
  const { Memory } = Reflect.get(globalThis, "WebAssembly") as {
    Memory: new (size: { initial: number }) => object;
  };
  const memory = new Memory({ initial: 1 });
  for (const [value, name] of [
    [timer, "Timeout"],
    [createServer(), "Server"],
    [new MessageChannel(), "MessageChannel"],
    [memory, "Memory"],
  ] as const) {
    const text = `it is an instance of ${name}, which cannot be built again elsewhere; ${instead}`;
    assert.equal(refusal([value]), `Cannot send value[0]: ${text}`);
    assert.equal(
      refusal(() => value),
      `Cannot send value → value: ${text}`,
    );
    if (value instanceof MessageChannel) value.port1.close();
  }
});

test("a captured Proxy of plain data goes as what it shows", async () => {
  const traps = { get: (target: object, key: string | symbol) => Reflect.get(target, key) ?? 5 };
  const config = new Proxy<{ a: number; b?: number }>({ a: 1 }, traps);
  const list = new Proxy([1, 2], {});
  const [read, shipped, data] = await ship(
    [() => config.b, () => [config, list], { config, list }] as const,
    here,
    there,
  );
  assert.equal(config.b, 5);
  assert.equal(read(), undefined);
  assert.deepEqual(shipped(), [{ a: 1 }, [1, 2]]);
  assert.deepEqual(data, { config: { a: 1 }, list: [1, 2] });
  assert.ok(!types.isProxy(shipped()[0]));
});

test("an arrow function with the new.target of the function around it", () => {
  function Outer(): unknown {
    return () => new.target;
  }
  assert.equal(
    refusal(Outer()),
    "Cannot send value (function): it uses `new.target` of the function around it; " +
      "take it into a constant there",
  );
});

test("warmed up or not, functions go", async () => {
  const runtime = runtimeOf(import.meta.url);
  runtime.warmUp();
  const offset = 2;
  const shipped = await ship((x: number) => x + offset, runtime, there);
  assert.equal(shipped(3), 5);
});

test("captured data is copied at packing, and shared within one value", async () => {
  const state = { n: 1 };
  const get = () => state;
  const message = pack(here, [get, state, { get }]);
  state.n = 2;
  const [shipped, data, { get: again }] = (await unpack(there, message)) as [
    typeof get,
    typeof state,
    { get: typeof get },
  ];
  assert.equal(shipped(), data);
  assert.equal(again, shipped);
  assert.deepEqual(data, { n: 1 });
});

test("what a worker was given, it passes on as it got it", async () => {
  let count = 1;
  const next = () => count++;
  const first = await ship(next, here, there);
  assert.equal(first(), 1);
  const second = await ship(first, there, here);
  assert.equal(second(), 2);
  assert.equal(first(), 2);
  assert.equal(count, 1);
});

test("a unique symbol is one symbol in each process, and the same on its way back", async () => {
  const key = Symbol("key");
  const use = (object: Record<symbol, number>) => object[key];
  const mark = () => ({ [key]: 5 });
  const [use2, mark2] = await ship([use, mark] as const, here, there);
  assert.equal(use2(mark2()), 5);
  assert.equal(use2(mark()), undefined);
  assert.equal(use((await ship(mark2, there, here))()), 5);
});

test("getters are sent as functions, not called", async () => {
  let calls = 0;
  const f = () => 1;
  Object.defineProperty(f, "lazy", { get: () => ++calls, configurable: true, enumerable: false });
  const shipped = await ship(f, here, there);
  assert.equal(calls, 0);
  assert.equal(Reflect.get(shipped, "lazy"), 1);
  assert.deepEqual(Object.keys(shipped), []);
});

test("bound functions, also of themselves", async () => {
  const object = {
    n: 1,
    get(this: { n: number }, a: number, b: number) {
      return [this.n, a, b];
    },
  };
  const bound = object.get.bind(object, 5);
  const shipped = await ship(bound, here, there);
  assert.deepEqual(shipped(6), [1, 5, 6]);
  assert.equal(shipped.name, "bound get");
  assert.equal(shipped.length, 1);
  class Point {
    x: number;
    constructor(x: number) {
      this.x = x;
    }
  }
  const Five = await ship(Point.bind(null, 5), here, there);
  assert.equal(new Five().x, 5);
});

test("a closure that was shipped is collected like any other", async () => {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const refs = Array.from({ length: 50 }, (_, n) => {
    const closure = () => n;
    pack(here, closure);
    return new WeakRef(closure);
  });
  // A WeakRef keeps its target until the job that made it is done.
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  assert.ok(refs.filter((ref) => ref.deref() !== undefined).length < 5);
});

test("functions of a vm context, its built-ins and its classes", async () => {
  const [closure, max, instance] = runInNewContext(`
    const list = [1, 2];
    class Part { n = 3; get() { return this.n; } }
    [() => list.map((x) => x + 1), Math.max, new Part()];
  `) as [() => number[], typeof Math.max, { get(): number }];
  const shipped = await ship([closure, max, instance] as const, here, there);
  assert.deepEqual([...shipped[0]()], [2, 3]);
  assert.equal(shipped[1], Math.max);
  assert.equal(shipped[2].get(), 3);
});

function makeCounter() {
  let n = 0;
  return { inc: () => ++n, get: () => n };
}

test("functions that captured one variable share it there; two counters stay two", async () => {
  const [a, b] = [makeCounter(), makeCounter()];
  const [a2, b2] = await ship([a, b] as const, here, there);
  a2.inc();
  a2.inc();
  b2.inc();
  assert.deepEqual([a2.get(), b2.get(), a.get(), b.get()], [2, 1, 0, 0]);
  const [b3] = await ship([b2, a2], there, here);
  b3?.inc();
  assert.deepEqual([b3?.get(), b2.get()], [2, 1]);
});

test("counters that differ are never taken for one, in whatever order they come", async () => {
  const [a, b] = [makeCounter(), makeCounter()];
  b.inc();
  const [getB, incA, getA, incB] = await ship([b.get, a.inc, a.get, b.inc] as const, here, there);
  incA();
  assert.deepEqual([getA(), getB()], [1, 1]);
  incB();
  assert.deepEqual([getA(), getB()], [1, 2]);
});
