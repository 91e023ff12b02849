import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { lookUp, membersOf } from "./methods.ts";

class Animal {
  static kinds = 3;
  static of(): Animal {
    return new Animal();
  }
  name = "animal";
  readonly #secret = 1;
  shout = (): string => this.name.toUpperCase();
  speak(): string {
    return `${this.name} ${this.#hide()}`;
  }
  async later(): Promise<string> {
    return this.name;
  }
  *count(): Generator<number> {
    yield this.#secret;
  }
  get size(): number {
    return 1;
  }
  set weight(value: number) {
    this.name = String(value);
  }
  #hide(): string {
    return "hidden";
  }
  [Symbol.iterator](): Iterator<number> {
    return this.count();
  }
  "with spaces"(): number {
    return 1;
  }
  10(): number {
    return 10;
  }
}

class Dog extends Animal {
  override speak(): string {
    return `${super.speak()}, woof`;
  }
  override get size(): number {
    return 2;
  }
  override toString(): string {
    return "dog";
  }
}

function namesOf(actorClass: { readonly prototype: object }): Record<string, string> {
  return Object.fromEntries(membersOf(actorClass));
}

test("members: methods and accessors of the class and of what it extends", () => {
  assert(!membersOf(Animal).has("constructor"));
  assert.deepEqual(namesOf(Animal), {
    "10": "method",
    speak: "method",
    later: "method",
    count: "method",
    size: "getter",
    weight: "getter",
    "with spaces": "method",
  });
  assert.deepEqual(namesOf(Dog), { ...namesOf(Animal), toString: "method" });
});

test("members of classes that extend built-in ones", () => {
  const emitter = namesOf(class extends EventEmitter {});
  assert.deepEqual(
    [emitter["on"], emitter["emit"], emitter["listenerCount"], emitter["domain"]],
    ["method", "method", "method", undefined],
  );
  const map = namesOf(class extends Map {});
  assert.deepEqual([map["get"], map["size"], map["delete"]], ["method", "getter", "method"]);
  assert.equal(namesOf(class extends Array {})["push"], "method");
  assert.deepEqual(namesOf(class extends Error {}), { toString: "method" });
});

test("what is hidden by a nearer name counts as what it is there", () => {
  class Upper {
    work(): number {
      return 1;
    }
    get value(): number {
      return 1;
    }
  }
  class Lower extends Upper {}
  Object.defineProperty(Lower.prototype, "work", { get: () => 1, configurable: true });
  Object.defineProperty(Lower.prototype, "value", { value: () => 2, configurable: true });
  assert.deepEqual(namesOf(Lower), { work: "getter", value: "method" });
  Object.defineProperty(Lower.prototype, "work", { value: 5 });
  assert.equal(lookUp(new Lower(), "Lower", "value")(), 2);
  assert.throws(() => lookUp(new Lower(), "Lower", "work"), {
    message:
      "Cannot call Lower.work: it is no method; add a method that returns it " +
      "(its methods are value)",
  });
});

test("classes as functions, and without a prototype above them", () => {
  function Old(): void {}
  Old.prototype.run = function run(): number {
    return 1;
  };
  assert.deepEqual(namesOf(Old as unknown as { prototype: object }), { run: "method" });
  class Bare {
    run(): number {
      return 1;
    }
  }
  Object.setPrototypeOf(Bare.prototype, null);
  assert.deepEqual(namesOf(Bare), { run: "method" });
  assert.equal(lookUp(new Bare(), "Bare", "run")(), 1);
  assert.throws(() => lookUp(new Bare(), "Bare", "toString"), {
    message: "Cannot call Bare.toString: class Bare has no such method; its methods are run",
  });
});

test("what can be called: methods, inherited ones, and functions of the instance", () => {
  const dog = new Dog();
  dog.name = "rex";
  const call = (name: string): unknown => lookUp(dog, "Dog", name).call(dog);
  assert.equal(call("speak"), "rex hidden, woof");
  assert.equal(call("shout"), "REX");
  assert.equal(call("toString"), "dog");
  assert.equal(call("with spaces"), 1);
  assert.equal(call("10"), 10);
  const borrowed = Object.assign(dog, { valueOf: () => 5, hasOwnProperty: () => true });
  assert.equal(lookUp(borrowed, "Dog", "valueOf").call(borrowed), 5);
  assert.equal(lookUp(borrowed, "Dog", "hasOwnProperty").call(borrowed), true);
});

test("what cannot be called says why, and what can be", () => {
  const known = "its methods are shout, speak, toString, later, count, 10, with spaces"
    .split(", ")
    .map((name) => name.replace("its methods are ", ""))
    .sort();
  const failure = (name: string): string => {
    try {
      lookUp(new Dog(), "Dog", name);
    } catch (error) {
      assert(error instanceof TypeError);
      const listed = /(?:methods are )([^;)]*)/.exec(error.message)![1]!.split(", ").sort();
      assert.deepEqual(listed, known);
      return error.message.replace(/\(?its methods are [^;)]*\)?/, "…");
    }
    return assert.fail(`${name} can be called`);
  };
  const none = "class Dog has no such method; …";
  for (const name of ["fly", "", "constructor", "hasOwnProperty", "__proto__", "#hide", "of"]) {
    assert.equal(failure(name), `Cannot call Dog.${name}: ${none}`);
  }
  for (const name of ["size", "weight"]) {
    const why = "it is a getter, and only methods can be called; add a method that returns it …";
    assert.equal(failure(name), `Cannot call Dog.${name}: ${why}`);
  }
  const text = "Cannot call Dog.name: it is no method; add a method that returns it …";
  assert.equal(failure("name"), text);
});

test("a getter is never run to find out what it is", () => {
  class Careful {
    get danger(): never {
      return assert.fail("it was asked");
    }
  }
  const own = Object.defineProperty(new Careful(), "own", { get: () => assert.fail("asked") });
  for (const name of ["danger", "own"]) {
    assert.throws(() => lookUp(own, "Careful", name), {
      message:
        `Cannot call Careful.${name}: it is a getter, and only methods can be called; ` +
        "add a method that returns it (Careful has no methods)",
    });
  }
});
