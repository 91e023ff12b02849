/** The tarball as users get it: what is in it, and whether every kind of program can use it. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { rootDirectory } from "../../tools/run.ts";
import { succeed } from "../support/succeed.ts";

const project = mkdtempSync(join(tmpdir(), "mobula-package-"));
let tarball = "";
let packedFiles: readonly string[] = [];

before(async () => {
  // The build gate has built `dist/`; `prepack` would build it again.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", project];
  const [packed] = JSON.parse(await succeed("npm", args));
  tarball = join(project, packed.filename);
  packedFiles = packed.files.map((file: { path: string }) => file.path);
});
after(() => rmSync(project, { recursive: true }));

/** What several entries need is bundled apart. */
function isShared(path: string): boolean {
  return /^dist\/shared\/\w+\.js(\.map)?$/.test(path);
}

test("the tarball holds the sources, what is made of them, the papers, and nothing else", () => {
  const sources = readdirSync(join(rootDirectory, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => path.replace(/\.ts$/, ""));
  const entries = [
    "index",
    "testing/index",
    "daemon/mobula-daemon",
    "worker/mobula-worker",
    "cli/mobula",
  ];
  const compiled = [
    ...sources.flatMap((path) => [`src/${path}.ts`, `dist/${path}.d.ts`, `dist/${path}.d.ts.map`]),
    ...entries.flatMap((path) => [`dist/${path}.js`, `dist/${path}.js.map`]),
  ];
  const papers = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  const expected = [...compiled, ...papers];
  assert.deepEqual(
    {
      missing: expected.filter((path) => !packedFiles.includes(path)),
      surplus: packedFiles.filter((path) => !expected.includes(path) && !isShared(path)),
    },
    { missing: [], surplus: [] },
  );
});

test("every map leads to sources that are in the tarball", () => {
  const maps = packedFiles.filter((path) => path.endsWith(".map"));
  for (const path of maps) {
    const { sources } = JSON.parse(readFileSync(join(rootDirectory, path), "utf8"));
    assert(sources.length > 0, path);
    for (const source of sources) {
      const found = join(path, "..", source);
      assert(packedFiles.includes(found), `${path} leads to ${found}`);
    }
  }
});

test("publint has nothing to say", async () => {
  await succeed("publint", ["--strict", tarball]);
});

test("every resolution mode finds the types", async () => {
  // Mobula is ESM: CommonJS programs load it by `require` too, on every Node that it supports, so
  // that "resolves to ESM" is no fault. Resolution as before Node 12 (node10) knows no `exports`.
  const modes = ["--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm"];
  const format = ["--no-definitely-typed", "--format", "ascii", "--no-emoji"];
  const output = await succeed("attw", [tarball, ...modes, ...format]);
  // A package without any types passes: see that there were some.
  for (const mode of ["node16 (from CJS)", "node16 (from ESM)", "bundler"]) {
    assert(output.includes(`${mode}: OK`), output);
  }
});
