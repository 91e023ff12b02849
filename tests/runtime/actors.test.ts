/** Remote classes and their handles: what can be called, with what, and where handles go. */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { inspect } from "node:util";
import { context, get, put, remote, type ActorHandle, type ObjectRef } from "mobula";
import { announce } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

class Counter {
  #n: number;
  readonly step: number;
  constructor(start = 0, step = 1) {
    this.#n = start;
    this.step = step;
  }
  add(k = this.step): number {
    return (this.#n += k);
  }
  async addLater(k: number): Promise<number> {
    await new Promise(setImmediate);
    return this.add(k);
  }
  sum(...numbers: number[]): number {
    return numbers.reduce((one, other) => one + other, this.#n);
  }
  merge(first: number, second = 10, { third = 100 } = {}): number {
    return first + second + third;
  }
  arity(): number {
    return arguments.length;
  }
  nothing(): void {
    this.#n++;
  }
  tripled = (): number => this.#triple();
  #triple(): number {
    return this.#n * 3;
  }
  get value(): number {
    return this.#n;
  }
  pid(): number {
    return process.pid;
  }
}

const RemoteCounter = remote(Counter);
type CounterHandle = ActorHandle<Counter>;

test("a handle comes at once; the instance keeps its state from call to call", async () => {
  using counter = new RemoteCounter(5);
  const refs = [counter.add(1), counter.add(1), counter.addLater(10), counter.add()];
  assert.equal(Object.prototype.toString.call(refs[0]), "[object ObjectRef]");
  assert.deepEqual(await Promise.all(refs), [6, 7, 17, 18]);
  assert.equal(await counter.nothing(), undefined);
  assert.equal(await counter.add(0), 19);
});

test("each instance has its own state, arguments and options", async () => {
  using one = new RemoteCounter(1);
  using other = new (RemoteCounter.options({ maxConcurrency: 3 }))(100, 10);
  assert.deepEqual(await get([one.add(), other.add(), one.add(), other.add()]), [2, 110, 3, 120]);
});

test("default, rest and destructured parameters; what is not declared is not sent", async () => {
  using counter = new RemoteCounter();
  assert.equal(await counter.sum(), 0);
  assert.equal(await counter.sum(1, 2, 3, 4), 10);
  assert.equal(await counter.merge(1), 111);
  assert.equal(await counter.merge(1, undefined, { third: 3 }), 14);
  const arity = counter.arity as unknown as (...args: unknown[]) => ObjectRef<number>;
  assert.equal(await arity(1, 2), 2, "it uses arguments");
  const add = counter.add as unknown as (...args: unknown[]) => ObjectRef<number>;
  assert.equal(await add(1, new WeakMap()), 1, "nobody declares the second one");
  assert.deepEqual(await Promise.all([1, 2, 3].map(counter.add)), [2, 4, 7]);
});

test("functions of the instance; private members do not count as methods", async () => {
  using counter = new RemoteCounter(2);
  assert.equal(await counter.tripled(), 6);
  await assert.rejects((counter as unknown as Untyped)["#triple"]!(), /no such method/);
});
type Untyped = Record<string, (...args: unknown[]) => ObjectRef<unknown>>;

class Base {
  protected log: string[] = [];
  greet(name: string): string {
    return `hello ${name}`;
  }
  whoami(): string {
    return this.constructor.name;
  }
  history(): string[] {
    return this.log;
  }
}
class Middle extends Base {
  override greet(name: string): string {
    this.log.push(name);
    return `${super.greet(name)}!`;
  }
}
class Derived extends Middle {
  static made = 0;
  constructor(readonlyName: string) {
    super();
    Derived.made++;
    this.log.push(readonlyName);
  }
  override toString(): string {
    return "derived";
  }
  "with spaces"(): string {
    return "spaces";
  }
  7(): string {
    return "seven";
  }
  static create(): Derived {
    return new Derived("static");
  }
}

test("inherited and overridden methods, and names of any kind", async () => {
  using derived = new (remote(Derived))("first");
  assert.equal(await derived.greet("bob"), "hello bob!");
  assert.deepEqual(await derived.history(), ["first", "bob"]);
  assert.equal(await derived.whoami(), "Derived");
  assert.equal(await derived["with spaces"](), "spaces");
  assert.equal(await (derived as unknown as Untyped)[7]!(), "seven");
  assert.equal(await (derived as unknown as Untyped)["toString"]!(), "derived");
  assert.equal(Derived.made, 0, "it was made elsewhere");
});

class Bus extends EventEmitter {
  readonly #seen: unknown[] = [];
  constructor() {
    super();
    this.on("event", (...args: unknown[]) => this.#seen.push(args));
  }
  seen(): unknown[] {
    return this.#seen;
  }
}

test("methods of EventEmitter", async () => {
  using bus = new (remote(Bus))();
  assert.equal(await bus.emit("event", 1, "two"), true);
  assert.equal(await bus.emit("nobody"), false);
  assert.equal(await bus.listenerCount("event"), 1);
  assert.deepEqual(await bus.eventNames(), ["event"]);
  assert.deepEqual(await bus.seen(), [[1, "two"]]);
});

class Registry extends Map<string, number> {
  total(): number {
    return [...this.values()].reduce((one, other) => one + other, 0);
  }
  keep(key: string, value: number): void {
    this.set(key, value);
  }
}
class Stack extends Array<number> {
  top(): number | undefined {
    return this.at(-1);
  }
}

test("methods of Map and of Array", async () => {
  using registry = new (remote(Registry))();
  await registry.keep("a", 1);
  await registry.keep("b", 2);
  assert.equal(await registry.get("a"), 1);
  assert.equal(await registry.has("c"), false);
  assert.equal(await registry.delete("a"), true);
  assert.equal(await registry.total(), 2);
  using stack = new (remote(Stack))();
  assert.equal(await stack.push(1, 2, 3), 3);
  assert.equal(await stack.top(), 3);
  assert.deepEqual(await stack.slice(1), await (async () => stack.slice(1))());
});

function OldStyle(this: { n: number }, n: number): void {
  this.n = n;
}
OldStyle.prototype.double = function double(this: { n: number }): number {
  return this.n * 2;
};

test("a function with methods on its prototype is a class", async () => {
  const Class = OldStyle as unknown as new (n: number) => { double(): number };
  using old = new (remote(Class))(4);
  assert.equal(await old.double(), 8);
});

test("built-in classes themselves are actors", async () => {
  using map = new (remote(Map<string, number>))([["a", 1]]);
  assert.equal(await map.get("a"), 1);
  using emitter = new (remote(EventEmitter))();
  assert.equal(await emitter.emit("nothing"), false);
});

test("classes inside functions, anonymous ones, and what they capture", async () => {
  const factor = 7;
  const helper = (n: number): number => n * factor;
  using local = new (remote(
    class {
      times(n: number): number {
        return helper(n);
      }
    },
  ))();
  assert.equal(await local.times(3), 21);
});

test("several results, names and other options of one call", async () => {
  class Pair {
    both(n: number): [number, string] {
      return [n, String(n)];
    }
    fail(): never {
      throw new RangeError("both");
    }
  }
  using pair = new (remote(Pair))();
  const [one, other] = pair.both.options({ numReturns: 2 })(4);
  assert.deepEqual(await Promise.all([one, other]), [4, "4"]);
  for (const failed of await Promise.allSettled(pair.both.options({ numReturns: 3 })(1))) {
    assert(failed.status === "rejected");
    assert.match(String(failed.reason), /Cannot split the result of Pair.both: numReturns is 3/);
  }
  const named = pair.fail.options({ name: "named" })();
  await assert.rejects(named, { name: "RangeError", message: "both" });
});

test("errors of methods: the same class, properties, cause; the actor lives on", async () => {
  class QuotaError extends Error {
    readonly left: number;
    constructor(message: string, left: number, options?: ErrorOptions) {
      super(message, options);
      this.left = left;
    }
  }
  class Quota {
    #left = 1;
    take(): number {
      if (this.#left === 0) {
        throw new QuotaError("no quota", this.#left, { cause: new TypeError("empty") });
      }
      return --this.#left;
    }
    async takeLater(): Promise<number> {
      return this.take();
    }
    throwText(): never {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what users may do
      throw "text";
    }
  }
  using quota = new (remote(Quota))();
  assert.equal(await quota.take(), 0);
  for (const failing of [() => quota.take(), () => quota.takeLater()]) {
    await assert.rejects(failing(), (error: QuotaError) => {
      assert(error instanceof QuotaError);
      assert.deepEqual([error.message, error.left], ["no quota", 0]);
      assert(error.cause instanceof TypeError);
      return true;
    });
  }
  await assert.rejects(quota.throwText(), (reason) => reason === "text");
  await assert.rejects(quota.take(), { message: "no quota" });
});

test("results that cannot be sent fail, with the path; the actor lives on", async () => {
  class Odd {
    weak(): object {
      return { inner: { weak: new WeakMap() } };
    }
    fine(): number {
      return 1;
    }
  }
  using odd = new (remote(Odd))();
  await assert.rejects(odd.weak(), { name: "SerializationError", message: /inner\.weak/ });
  assert.equal(await odd.fine(), 1);
});

test("arguments and results are copies, also large ones, which are stored", async () => {
  class Holder {
    #kept: Float64Array[] = [];
    keep(array: Float64Array): number {
      array[0] = -1;
      this.#kept.push(array);
      return array.length;
    }
    give(index: number): Float64Array {
      return this.#kept[index]!;
    }
    touch(index: number): void {
      this.#kept[index]!.fill(5);
    }
  }
  using holder = new (remote(Holder))();
  const array = new Float64Array(300_000).fill(1);
  assert.equal(await holder.keep(array), 300_000);
  assert.equal(array[0], 1);
  const stored = put(array);
  assert.equal(await holder.keep(stored), 300_000);
  assert.equal((await stored)[0], 1);
  const back = await holder.give(0);
  assert.deepEqual([back[0], back[1], back.length], [-1, 1, 300_000]);
  await holder.touch(0);
  assert.equal(back[1], 1);
  assert.equal((await holder.give(0))[1], 5);
  assert.equal((await holder.give(1))[1], 1);
  const again = await remote((values: Float64Array) => values[0]! + values[2]!)(holder.give(0));
  assert.equal(again, 10);
});

test("a constructor takes refs, stored values, functions and other handles", async () => {
  class Combined {
    readonly #parts: unknown[];
    constructor(number: number, bytes: Uint8Array, f: (n: number) => number, other: CounterHandle) {
      this.#parts = [number, bytes.length, f(number), other];
    }
    async parts(): Promise<unknown[]> {
      const [number, length, result, other] = this.#parts;
      return [number, length, result, await (other as CounterHandle).add(1)];
    }
  }
  using counter = new RemoteCounter(1);
  const bytes = put(new Uint8Array(200_000));
  using combined = new (remote(Combined))(counter.add(1), bytes, (n: number) => n * n, counter);
  assert.deepEqual(await combined.parts(), [2, 200_000, 4, 3]);
});

test("handles as arguments, nested, captured, stored, returned and sent back", async () => {
  using counter = new RemoteCounter();
  const use = remote((handle: CounterHandle) => handle.add(1));
  assert.equal(await use(counter), 1);
  const nested = remote(async ({ list }: { list: CounterHandle[] }) => await list[0]!.add(1));
  assert.equal(await nested({ list: [counter] }), 2);
  assert.equal(await remote(async () => await counter.add(1))(), 3);
  const stored = put({ counter });
  assert.equal(
    await remote(async (box: { counter: CounterHandle }) => {
      return await box.counter.add(1);
    })(stored),
    4,
  );
  assert.equal(await (await stored).counter.add(1), 5);
  const map = await remote((handle: CounterHandle) => new Map([["it", handle]]))(counter);
  assert.equal(await map.get("it")!.add(1), 6);
  const identity = remote((handle: CounterHandle) => ({ handle }));
  const { handle } = await identity((await identity(counter)).handle);
  assert.equal(await handle.add(1), 7);
  assert.equal(await counter.add(1), 8);
});

test("a task makes an actor and gives it away", async () => {
  const make = remote((start: number) => new RemoteCounter(start));
  {
    using counter = await make(5);
    assert.deepEqual(await Promise.all([counter.add(1), counter.add(1)]), [6, 7]);
    assert.equal(await remote(async (handle: CounterHandle) => await handle.add(1))(counter), 8);
  }
  const used = remote(async () => {
    using counter = new RemoteCounter(1);
    return await counter.add(1);
  });
  assert.equal(await used(), 2);
});

test("actors make actors, and call each other", async () => {
  class Team {
    readonly #members: CounterHandle[] = [];
    hire(count: number): void {
      for (let i = 0; i < count; i++) this.#members.push(new RemoteCounter(i));
    }
    async work(): Promise<number[]> {
      return await Promise.all(this.#members.map((member) => member.add(10)));
    }
    member(index: number): CounterHandle {
      return this.#members[index]!;
    }
  }
  using team = new (remote(Team))();
  await team.hire(2);
  assert.deepEqual(await team.work(), [10, 11]);
  const member = await team.member(1);
  assert.equal(await member.add(1), 12);
  assert.deepEqual(await team.work(), [20, 22]);
});

test("an actor runs tasks, and a task's child calls the actor back", async () => {
  class Boss {
    #calls = 0;
    async delegate(n: number): Promise<number> {
      const square = remote((k: number) => k * k);
      return (await Promise.all([square(n), square(n + 1)])).reduce((a, b) => a + b) + this.#calls;
    }
    called(): number {
      return ++this.#calls;
    }
  }
  const RemoteBoss = remote(Boss);
  using boss = new RemoteBoss();
  assert.equal(await boss.delegate(2), 13);
  const back = remote(async (handle: ActorHandle<Boss>) => await handle.called());
  assert.deepEqual(await Promise.all([back(boss), back(boss)]).then((all) => all.sort()), [1, 2]);
  assert.equal(await boss.delegate(2), 15);
});

test("a remote class is captured, passed and returned like a value", async () => {
  const make = remote(async (n: number) => {
    using counter = new RemoteCounter(n);
    return await counter.add(1);
  });
  assert.equal(await make(1), 2);
  const pass = remote(async (Class: typeof RemoteCounter) => {
    using counter = new Class(3);
    return await counter.add(1);
  });
  assert.equal(await pass(RemoteCounter), 4);
});

test("the context of a method: a task of its own each time, its first attempt", async () => {
  class Who {
    ids(): unknown[] {
      return [context().taskId, context().workerId, context().attempt];
    }
  }
  using who = new (remote(Who))();
  const [first, second] = await Promise.all([who.ids(), who.ids()]);
  assert.notEqual(first[0], second[0]);
  assert.deepEqual([first[1], first[2]], [second[1], 1]);
  assert.match(inspect(who), /^ActorHandle\([\w-]+\) \{ Who \}$/);
});

test("output of methods comes before their result", async () => {
  const events = fixture.sandbox.events();
  class Loud {
    say(path: string): number {
      announce(path, "said");
      return 1;
    }
  }
  using loud = new (remote(Loud))();
  assert.equal(await loud.say(events.path), 1);
  assert.equal(await events.next(), "said");
});

test("what a method returns of itself, and refs in results", async () => {
  class Refs {
    readonly #stored = put([1, 2, 3]);
    box(): { ref: ObjectRef<number[]> } {
      return { ref: this.#stored };
    }
    forwarded(): ObjectRef<number[]> {
      return this.#stored;
    }
    async awaited(): Promise<number[]> {
      return this.#stored;
    }
  }
  using refs = new (remote(Refs))();
  assert.deepEqual(await (await refs.box()).ref, [1, 2, 3]);
  assert.deepEqual(await refs.forwarded(), [1, 2, 3]);
  assert.deepEqual(await refs.awaited(), [1, 2, 3]);
});

test("the end of an actor is not taken for that of one whose id its own begins with", async () => {
  using counter = new RemoteCounter();
  const [, id = ""] = /\((.+)\)/.exec(inspect(counter))!;
  while (!put(0).id.startsWith(id));
  const other = new RemoteCounter();
  assert.match(inspect(other), new RegExp(`\\(${id}.+\\)`));
  await other.add();
  await other[Symbol.asyncDispose]();
  const addTwice = remote(async (handle: CounterHandle) => {
    await handle.add();
    return await handle.add();
  });
  assert.equal(await addTwice(counter), 2);
});
