/** Ways of running a program and of laying out its modules that ask for something special. */

import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runNode, withFiles } from "./run.ts";
import { tsxArgv } from "./tsx.ts";

const CALL = `const { callRemotely, close } = await import(process.env.CALL);\n`;

/** The program prints one JSON value. */
async function run(
  files: Readonly<Record<string, string>>,
  argv: readonly string[] = ["main.mjs"],
  stdin = "",
): Promise<unknown> {
  return withFiles(files, async (folder) => {
    const { stdout, stderr } = await runNode(folder, argv, stdin);
    assert.equal(stderr, "");
    return JSON.parse(stdout) as unknown;
  });
}

test("a variable below the call is not initialised yet", async () => {
  const result = await run({
    "main.mjs":
      `${CALL}const error = await callRemotely(() => below + 1).catch((e) => e);\n` +
      `const below = 1;\nconst result = await callRemotely(() => below + 1);\n` +
      `console.log(JSON.stringify([error.message, error.code, error.path, result])); close();`,
  });
  assert.deepEqual(result, [
    "Cannot send value.subject (function): its variable below is not initialised yet; " +
      "make the first call below its declaration",
    "SERIALIZATION",
    "value.subject",
    2,
  ]);
});

for (const [syntax, head] of [
  ["module", CALL],
  ["CommonJS", "import(process.env.CALL).then(({ callRemotely, close }) => {\n"],
] as const) {
  test(`a variable below the call in a function of a ${syntax} file`, async () => {
    const isModule = syntax === "module";
    const body =
      `async function main() {\n` +
      `  const error = await early();\n` +
      `  console.log(JSON.stringify(error.message.split(": ")[1])); close();\n` +
      `}\n` +
      `function early() {\n` +
      `  let never;\n` +
      `  const call = callRemotely(() => [never, below]).catch((e) => e);\n` +
      `  const below = 1;\n` +
      `  return call;\n` +
      `}\nmain();\n`;
    const file = isModule ? "main.mjs" : "main.cjs";
    const result = await run({ [file]: head + body + (isModule ? "" : "});") }, [file]);
    assert.equal(
      result,
      "its variable below is not initialised yet; make the first call below its declaration",
    );
  });
}

test("an undefined constant above the call is just undefined", async () => {
  const result = await run({
    "main.mjs":
      `${CALL}const none = [][0];\n` +
      `console.log(JSON.stringify(await callRemotely(() => typeof none))); close();`,
  });
  assert.equal(result, "undefined");
});

test("a module may call its own export while its top level is not done", async () => {
  const result = await run({
    "main.mjs": `import { result } from "./part.mjs"; console.log(JSON.stringify(result));`,
    "part.mjs":
      `${CALL}export function twice(x) { return x * factor; }\nconst factor = 2;\n` +
      `export const result = [await callRemotely(twice, [4])];\n` +
      `const later = async () => { await null; return callRemotely(twice, [5]); };\n` +
      `result.push(await later());\nclose();`,
  });
  assert.deepEqual(result, [8, 10]);
});

for (const [name, importer] of [
  ["directly", `import { factor } from "./main.mjs";`],
  ["through another module", `import { factor } from "./between.mjs";`],
] as const) {
  test(`the entry runs once, though a module imports it ${name}`, async () => {
    const result = await run({
      "main.mjs":
        `import { times } from "./part.mjs";\nexport const factor = 3;\n` +
        `process.env.RUNS = String(Number(process.env.RUNS ?? 0) + 1);\n` +
        `if (process.env.RUNS !== "1") throw new Error("the entry ran again");\n` +
        `const plus = (x) => times(x) + 1;\n` +
        `const { callRemotely, close } = await import(process.env.CALL);\n` +
        `console.log(JSON.stringify([await callRemotely(times, [2]), await ` +
        `callRemotely(plus, [2])]));\n` +
        `close();`,
      "part.mjs": `${importer}\nexport function times(x) { return x * factor; }`,
      "between.mjs": `export { factor } from "./main.mjs";`,
    });
    assert.deepEqual(result, [6, 7]);
  });
}

test("node --eval, ES module and CommonJS, and from stdin", async () => {
  const call =
    `import(process.env.CALL).then(async ({ callRemotely, close }) => {\n` +
    `  const n = 5; const fs = require("fs");\n` +
    `  console.log(JSON.stringify(await callRemotely(() => [n, typeof fs.readFileSync, ` +
    `require("path").basename("a/b"), typeof os.cpus])));\n` +
    `  close(); });`;
  assert.deepEqual(await run({}, ["--eval", call]), [5, "function", "b", "function"]);
  const module =
    `import { basename } from "node:path";\nconst { callRemotely, close } = await ` +
    `import(process.env.CALL);\n` +
    `const n = 5; console.log(JSON.stringify(await callRemotely(async () => [n, ` +
    `basename("a/b"), (await import("node:os")).EOL]))); close();`;
  assert.deepEqual(await run({}, ["--input-type=module", "--eval", module]), [5, "b", "\n"]);
  assert.deepEqual(await run({}, ["--input-type=module", "-"], module), [5, "b", "\n"]);
});

test("an entry behind a link", async () => {
  const files = {
    "real/main.mjs":
      `${CALL}export function own(x) { return x + base; }\nconst base = 1;\n` +
      `console.log(JSON.stringify(await callRemotely(own, [1]))); close();`,
  };
  const result = await withFiles(files, async (folder) => {
    await symlink(join(folder, "real"), join(folder, "linked"));
    return (await runNode(folder, ["linked/main.mjs"])).stdout;
  });
  assert.equal(result, "2\n");
});

test("JSON imports and what belongs to the file", async () => {
  const result = await run({
    "main.mjs": `import "./src/part.mjs";`,
    "src/part.mjs":
      `import data from "../data.json" with { type: "json" };\n${CALL}` +
      `const result = await callRemotely(async () => {\n` +
      `  const more = await import("../data.json", { with: { type: "json" } });\n` +
      `  const { url, filename, dirname } = import.meta;\n` +
      `  const tail = (text) => text.split("/").slice(-2).join("/");\n` +
      `  return [data.a, more.default === data, tail(url), tail(filename), tail(dirname) !== ` +
      `"",\n` +
      `    tail(import.meta.resolve("../data.json")), import.meta.resolve("node:fs")];\n` +
      `});\nconsole.log(JSON.stringify(result)); close();`,
    "data.json": `{ "a": 1 }`,
    "package.json": `{}`,
  });
  assert.deepEqual((result as unknown[]).slice(0, 3), [1, true, "src/part.mjs"]);
  assert.equal((result as unknown[])[3], "src/part.mjs");
  assert.equal((result as unknown[])[6], "node:fs");
});

test("what a CommonJS file has: require, module, __filename", async () => {
  const result = await run(
    {
      "main.cjs":
        `const sibling = require("./part.cjs");\nexports.own = (x) => x + 1;\n` +
        `import(process.env.CALL).then(async ({ callRemotely, close }) => {\n` +
        `  const f = () => [require("./part.cjs").v, sibling === require("./part.cjs"), ` +
        `exports.own(1),\n` +
        `    module.exports.own(2), __filename.slice(-8), __dirname === module.path,\n` +
        `    require.resolve("./part.cjs") === module.path + "/part.cjs"];\n` +
        `  console.log(JSON.stringify(await callRemotely(f))); close();\n});`,
      "part.cjs": `exports.v = "part";`,
    },
    ["main.cjs"],
  );
  assert.deepEqual(result, ["part", true, 2, 3, "main.cjs", true, true]);
});

test("packages go by reference, whatever they keep to themselves", async () => {
  const result = await run({
    "main.mjs":
      `import { next } from "counter"; import legacy from "legacy"; ${CALL}` +
      `const a = await callRemotely(next), b = await callRemotely(next);\n` +
      `console.log(JSON.stringify([a, b, await callRemotely(legacy, [2]), ` +
      `await callRemotely(() => legacy.half(4) + next())])); close();`,
    "node_modules/counter/package.json": `{ "type": "module", "exports": "./index.js" }`,
    "node_modules/counter/index.js":
      `const hidden = new WeakMap(); const key = {}; hidden.set(key, 0);\n` +
      `export function next() { hidden.set(key, hidden.get(key) + 1); return hidden.get(key); }`,
    "node_modules/legacy/package.json": `{ "main": "main.js" }`,
    "node_modules/legacy/main.js":
      `const native = new WeakSet(); module.exports = function twice(x) { return native && x ` +
      `* 2; };\n` +
      `module.exports.half = (x) => x / 2;`,
  });
  assert.deepEqual(result, [1, 2, 4, 5]);
});

test("a file that changed after it was loaded is noticed", async () => {
  const result = await run({
    "main.mjs":
      `import { f } from "./part.mjs"; import { writeFileSync } from "node:fs";\n${CALL}` +
      `writeFileSync("part.mjs", "export function f() { return 'new'; }");\n` +
      `const error = await callRemotely(f).catch((e) => e);\n` +
      `console.log(JSON.stringify([error.code, error.message.replace(/file:.*part/, ` +
      `"part")])); close();`,
    "part.mjs": `export function f() { return 'old'; }`,
  });
  assert.deepEqual(result, [
    "SERIALIZATION",
    "Cannot load f: its source in part.mjs differs from the sender's; " +
      "restart the program so that all processes run the same files",
  ]);
});

test("what a module throws while it is loaded elsewhere is what the call throws", async () => {
  const result = await run({
    "main.mjs":
      `import { f } from "./part.mjs"; ${CALL}` +
      `const error = await callRemotely(f).catch((e) => e);\n` +
      `console.log(JSON.stringify([error.name, error.message])); close();`,
    "part.mjs":
      `if (process.argv[1].endsWith("receiver.mjs")) throw new TypeError("no receiver wanted");\n` +
      `export function f() {}`,
  });
  assert.deepEqual(result, ["TypeError", "no receiver wanted"]);
});

test("in a thread", async () => {
  const result = await run({
    "main.mjs":
      `import { Worker } from "node:worker_threads";\n` +
      `new Worker(new URL("thread.mjs", import.meta.url)).on("message", (m) => ` +
      `console.log(JSON.stringify(m)));`,
    "thread.mjs":
      `import { parentPort } from "node:worker_threads"; ${CALL}` +
      `const n = 3; parentPort.postMessage(await callRemotely(() => n + 1)); close();`,
  });
  assert.equal(result, 4);
});

test("stack traces show the user's lines under tsx", async () => {
  const program =
    `const { callRemotely, close } = await import(process.env.CALL!);\n` +
    `interface Options { deep: boolean }\n\n` +
    `const fail = (options: Options) => {\n  // first\n  if (options.deep) return [1].map(() ` +
    `=> {\n\n` +
    `    throw new Error("deep");\n  });\n  throw new Error("shallow");\n};\n` +
    `const lines: string[] = [];\n` +
    `for (const deep of [true, false]) {\n` +
    `  const error = await callRemotely(fail, [{ deep }]).catch((e: Error) => e);\n` +
    `  lines.push(/main\\.ts:(\\d+)/.exec(error.stack)![1]!);\n}\n` +
    `console.log(JSON.stringify(lines)); close();`;
  const files = { "main.ts": program, "package.json": `{ "type": "module" }` };
  assert.deepEqual(await run(files, [...tsxArgv, "main.ts"]), ["8", "10"]);
});

test("stack traces show the user's lines under node", async () => {
  const result = await run({
    "main.mjs":
      `${CALL}\nfunction outer() {\n  return () => {\n    throw new Error("x");\n  };\n}\n` +
      `const error = await callRemotely(outer()).catch((e) => e);\n` +
      `console.log(JSON.stringify(/main\\.mjs:(\\d+:\\d+)/.exec(error.stack)[1])); close();`,
  });
  assert.equal(result, "5:11");
});

for (const mark of ["", 'Object.defineProperty(all, "__esModule", { value: true });\n']) {
  test(`exports as bundlers write them, ${mark ? "marked" : "unmarked"}`, async () => {
    const result = await run({
      "main.mjs":
        `${CALL}let n = 0; function bump() { n++; }\nconst all = {};\n${mark}` +
        "const getters = { count: () => n, bump: () => bump };\n" +
        "for (const [key, get] of Object.entries(getters))\n" +
        "  Object.defineProperty(all, key, { enumerable: true, get });\n" +
        `const result = await callRemotely(() => [all.count, all.bump(), all.count]);\n` +
        `console.log(JSON.stringify(result)); close();`,
    });
    assert.deepEqual(result, [0, null, 1]);
  });
}
