/** The tarball in a fresh project: every kind of program runs, every TypeScript reads the types. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { rootDirectory } from "../../tools/run.ts";
import { succeed } from "../support/succeed.ts";

const project = mkdtempSync(join(tmpdir(), "mobula-install-"));
const ourModules = join(rootDirectory, "node_modules");

const body = "remote((x) => x * factor)(7)";
const programs = {
  "module.mjs": `import { remote } from "mobula";\nconst factor = 6;
console.log(await ${body});\n`,
  "common.cjs": `const { remote } = require("mobula");\nconst factor = 6;
${body}.then((n) => console.log(n));\n`,
  "typed.ts": `import { remote, type ObjectRef } from "mobula";\nconst factor: number = 6;
export const ref: ObjectRef<number> = remote((x: number) => x * factor)(7);
console.log(await ref);\n`,
};

/** In the project. */
const runNode = (...args: readonly string[]): Promise<string> =>
  succeed(process.execPath, args, project);

before(async () => {
  // The build gate has built `dist/`; `prepack` would build it again.
  const packing = ["pack", "--json", "--ignore-scripts", "--pack-destination", project];
  const [{ filename }] = JSON.parse(await succeed("npm", packing));
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  // No install scripts: many users forbid them, and the native parts come prebuilt.
  const installing = ["install", "--ignore-scripts", "--prefer-offline", `./${filename}`];
  await succeed("npm", installing, project);
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(project, name), text);
  for (const name of ["@types", "undici-types"]) {
    symlinkSync(join(ourModules, name), join(project, "node_modules", name));
  }
});
after(() => rmSync(project, { recursive: true }));

test("an ECMAScript module runs", async () => {
  assert.equal(await runNode("module.mjs"), "42\n");
});

test("a CommonJS program runs, by require", async () => {
  assert.equal(await runNode("common.cjs"), "42\n");
});

test("a TypeScript program runs under tsx", async () => {
  const tsx = import.meta.resolve("tsx");
  assert.equal(await runNode("--import", tsx, "typed.ts"), "42\n");
});

test("a program that only imports the package starts nothing and ends", async () => {
  const importing = `import("mobula").then((names) => console.log(Object.keys(names).length > 0))`;
  assert.equal(await runNode("--eval", importing), "true\n");
});

test("the program mobula runs", async () => {
  const program = join(project, "node_modules/.bin/mobula");
  assert.match(
    await succeed(program, ["--help"], project),
    /^Usage: mobula <command> \[options\]\n/,
  );
});

/** Two users: one checks all libraries, the other none; neither has asked for disposables. */
const modes = [
  { module: "NodeNext", moduleResolution: "NodeNext", skipLibCheck: false },
  { module: "ESNext", moduleResolution: "Bundler", skipLibCheck: true },
];
const common = { target: "ES2022", lib: ["ES2022"], types: ["node"], strict: true, noEmit: true };

for (const version of ["typescript-5.5", "typescript", "typescript-7"]) {
  for (const mode of modes) {
    test(`${version} reads the types with module resolution ${mode.moduleResolution}`, async () => {
      const configFile = `tsconfig.${version}.${mode.moduleResolution}.json`;
      const config = { compilerOptions: { ...common, ...mode }, files: ["typed.ts"] };
      writeFileSync(join(project, configFile), JSON.stringify(config));
      await runNode(join(ourModules, version, "bin/tsc"), "-p", configFile);
    });
  }
}
