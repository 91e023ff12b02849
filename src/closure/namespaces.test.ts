/** Module namespaces and prototypes as values: the receiver has its own, wherever they lie. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as process from "node:process";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import * as util from "node:util";
import { pathToFileURL } from "node:url";
import * as edits from "./edits.ts";
import { runtimeOf, ship, Tally } from "./ship.test.ts";
import * as shipping from "./ship.test.ts";

const here = runtimeOf(import.meta.url);
const there = runtimeOf(import.meta.url);

/** Ways of sending a value, and of finding it again. */
const ways: readonly ((value: unknown) => Promise<unknown>)[] = [
  (value) => ship(value, here, there),
  async (value) => (await ship({ deep: [value] }, here, there)).deep[0],
  async (value) => (await ship(new Map([["key", value]]), here, there)).get("key"),
  async (value) => (await ship(() => value, here, there))(),
  async (value) => {
    const tools = { value };
    return (await ship(() => tools, here, there))().value;
  },
  async (value) => {
    class Tools {
      static readonly value = value;
      readonly value = value;
    }
    const tools = await ship(new Tools(), here, there);
    assert.equal(tools.value, (tools.constructor as typeof Tools).value);
    return tools.value;
  },
];

async function assertGoesByReference(value: object, name: string): Promise<void> {
  for (const [index, send] of ways.entries()) {
    assert.equal(await send(value), value, `${name}, way ${index}`);
  }
}

const folder = mkdtempSync(path.join(tmpdir(), "mobula-namespaces-"));
after(() => rmSync(folder, { recursive: true }));

async function importFiles(files: Readonly<Record<string, string>>): Promise<object[]> {
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  const urls = Object.keys(files).map((file) => pathToFileURL(path.join(folder, file)).href);
  return Promise.all(urls.map((url) => import(url) as Promise<object>));
}

test("namespaces of built-in modules", async () => {
  for (const namespace of [fs, path, process, util]) await assertGoesByReference(namespace, "node");
});

test("what built-in and CommonJS modules export", async () => {
  const [common] = await importFiles({ "exports.cjs": `exports.f = () => 1; exports.value = 1;` });
  const { default: exports } = common as { default: object };
  const exported = [fs, path, util].map((namespace) => Reflect.get(namespace, "default") as object);
  for (const each of [exports, ...exported]) {
    await assertGoesByReference(each, Object.keys(each).join());
  }
});

test("data that begins with a function is data", async () => {
  const data = { f: () => 1, [Symbol.iterator]: 2, next: { g: Math.max } };
  const shipped = await ship([data, data], here, there);
  assert.equal(shipped[0], shipped[1]);
  assert.deepEqual(Reflect.ownKeys(shipped[0] ?? {}), ["f", "next"]);
  assert.equal(shipped[0]?.next.g, Math.max);
});

test("namespaces of the program's own modules, whatever they export", async () => {
  await assertGoesByReference(edits, "edits");
  await assertGoesByReference(shipping, "shipping");
  const modules = await importFiles({
    "class.mjs": `export class Only {}`,
    "default.mjs": `let state = 1; export default () => state; export let other = 2;`,
    "named.mjs": `function f() {} const g = 1; export { f as "odd name", g as default };`,
    "common.cjs": `exports.value = 1; exports.f = () => 1;`,
  });
  for (const namespace of modules) {
    await assertGoesByReference(namespace, Object.keys(namespace).join());
  }
});

test("a namespace that nothing tells the module of arrives as a copy", async () => {
  const [plain, passing, posing] = await importFiles({
    "plain.mjs": `export const a = { b: 1 };`,
    "passing.mjs": `export * from "./plain.mjs"; export { join } from "node:path";`,
    "posing.mjs": `import fs from "node:fs"; export default fs; export const mine = 1;`,
  });
  for (const namespace of [plain, passing, posing] as Record<string, unknown>[]) {
    const { namespace: copy } = await ship({ namespace }, here, there);
    assert.notEqual(copy, namespace);
    assert.deepEqual(Object.keys(copy), Object.keys(namespace));
    assert.deepEqual(copy["a"], namespace["a"]);
    assert.equal(copy["join"], namespace["join"]);
    assert.equal(copy["mine"], namespace["mine"]);
  }
});

test("the prototype of a class that is loaded there, or that the platform has", async () => {
  const prototypes: readonly object[] = [
    Tally.prototype,
    Map.prototype,
    Object.prototype,
    Array.prototype,
    Error.prototype,
    fs.Stats.prototype,
  ];
  for (const prototype of prototypes) {
    await assertGoesByReference(prototype, prototype.constructor.name);
  }
});

test("the prototype of a class by value is that of the class that goes with it", async () => {
  class Base {
    name(): string {
      return "base";
    }
  }
  class Derived extends Base {
    #own = 1;
    get own(): number {
      return this.#own;
    }
  }
  for (const Class of [Base, Derived]) {
    for (const order of [0, 1]) {
      const both: readonly object[] = [Class.prototype, Class];
      const sent = order === 0 ? both : both.toReversed();
      const shipped = await ship(sent, here, there);
      const [prototype, shippedClass] = order === 0 ? shipped : shipped.toReversed();
      assert.equal((shippedClass as typeof Class).prototype, prototype);
      assert.equal(await ship(prototype, there, here), Class.prototype);
    }
  }
  const alone = await ship({ list: [Derived.prototype] }, here, there);
  assert.equal(alone.list[0]?.name(), "base");
});
