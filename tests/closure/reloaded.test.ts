/** Modules that change while a program runs: what runs elsewhere is what the program has. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runNode, withFiles } from "./run.ts";

const CALL = `const { callRemotely, close } = await import(process.env.CALL);\n`;
const EDIT =
  `import { writeFileSync } from "node:fs";\n` + `import { createRequire } from "node:module";\n`;

/** Functions whose own text stays the same while what they call changes. */
const module = (version: number): string =>
  `const help = () => ${version};\nexport const value = () => help();\n`;
const common = (version: number): string =>
  `const help = () => ${version};\nexports.value = () => help();\n`;

async function run(files: Readonly<Record<string, string>>, body: string): Promise<unknown> {
  const main = `${CALL}${EDIT}const edit = (text) => writeFileSync(file, text);\n${body}close();`;
  return withFiles({ ...files, "main.mjs": main }, async (folder) => {
    const { stdout, stderr } = await runNode(folder, ["main.mjs"]);
    assert.equal(stderr, "");
    return JSON.parse(stdout) as unknown;
  });
}

test("a module imported again under a query runs as it is now", async () => {
  const body =
    `const file = new URL("lib.mjs", import.meta.url);\n` +
    `const seen = [];\nconst load = async (n) => (await import("./lib.mjs?v=" + n)).value;\n` +
    `const old = await load(1);\nseen.push(await callRemotely(old));\n` +
    `edit(${JSON.stringify(module(2))});\nconst now = await load(2);\n` +
    `seen.push(await callRemotely(now), await callRemotely(() => now()), old());\n` +
    `console.log(JSON.stringify(seen));\n`;
  assert.deepEqual(await run({ "lib.mjs": module(1) }, body), [1, 2, 2, 1]);
});

test("a CommonJS module that is required again runs as it is now", async () => {
  const body =
    `const file = new URL("lib.cjs", import.meta.url);\n` +
    `const require = createRequire(import.meta.url);\nconst seen = [];\n` +
    `const load = () => { delete require.cache[require.resolve("./lib.cjs")]; ` +
    `return require("./lib.cjs").value; };\n` +
    `seen.push(await callRemotely(load()));\nedit(${JSON.stringify(common(2))});\n` +
    `seen.push(await callRemotely(load()));\nedit(${JSON.stringify(common(3))});\n` +
    `seen.push(await callRemotely(load()));\nconsole.log(JSON.stringify(seen));\n`;
  assert.deepEqual(await run({ "lib.cjs": common(1) }, body), [1, 2, 3]);
});

test("a file that changed before another process loads it is refused", async () => {
  const body =
    `const file = new URL("lib.mjs", import.meta.url);\n` +
    `const { value } = await import("./lib.mjs");\n` +
    // Refused for the WeakMap: nobody loads the module yet, but how its file was is known here.
    `const refused = await callRemotely(() => 0, [value, new WeakMap()])` +
    `.catch((e) => e.code);\n` +
    `edit(${JSON.stringify(module(2))});\n` +
    `const outcome = await callRemotely((f) => f(), [value]).catch((e) => e.message);\n` +
    `console.log(JSON.stringify([refused, outcome]));\n`;
  const [refused, outcome] = (await run({ "lib.mjs": module(1) }, body)) as [string, string];
  assert.equal(refused, "SERIALIZATION");
  assert.match(
    outcome,
    /^Cannot load value: its source in file:.*lib\.mjs differs from the sender's; restart/,
  );
});

test("an entry that a module by reference imports does not run again", async () => {
  // No `await` at its top level: the module that imports it waits for its end.
  const main =
    `console.error("the entry runs");\nexport const factor = 3;\n` +
    `async function main() {\n${CALL}const { times } = await import("./lib.mjs");\n` +
    `console.log(JSON.stringify(await callRemotely(times, [2]))); close();\n}\nvoid main();\n`;
  const lib =
    `import { through } from "./middle.mjs";\n` + `export const times = (x) => x * through();\n`;
  const middle = `import { factor } from "./main.mjs";\nexport const through = () => factor;\n`;
  const files = { "main.mjs": main, "lib.mjs": lib, "middle.mjs": middle };
  await withFiles(files, async (folder) => {
    const { stdout, stderr } = await runNode(folder, ["main.mjs"]);
    assert.deepEqual([stdout, stderr], ["6\n", "the entry runs\n"]);
  });
});
