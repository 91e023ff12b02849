import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Fixture } from "./fixture.ts";

/** One forbidden import per file: the path, the import, the only rules that may complain. */
const violations: readonly (readonly [path: string, code: string, ...rules: string[]])[] = [
  ["src/base/up.ts", `import "../wire/frame.ts";`, "not-upward-from-base"],
  [
    "src/wire/up.ts",
    `import type {} from "../core/queue.ts";`,
    /* types too */ "not-upward-from-wire-values-closure-store",
  ],
  ["src/core/up.ts", `import "../control/plane.ts";`, "not-upward-from-core"],
  ["src/control/up.ts", `import "../daemon/daemon.ts";`, "not-upward-from-control"],
  [
    "src/daemon/up.ts",
    `import "../api/remote.ts";`,
    "not-upward-from-runtime-daemon-worker-driver",
  ],
  ["src/api/up.ts", `import "../testing/simulator.ts";`, "not-to-the-outside"],
  ["src/api/helper.ts", `import "../util/pool.ts";`, "not-upward-from-api"],
  ["src/util/below.ts", `import "../control/plane.ts";`, "util-on-the-api"],
  ["src/util/door.ts", `import "../index.ts";`, "not-to-the-outside", "util-on-the-api"],
  ["src/worker/up.ts", `import "../index.ts";`, "not-to-the-outside"],
  ["src/wire/sideways.ts", `import "../values/codec.ts";`, "not-sideways"],
  [
    "src/core/value.ts",
    `import { frame } from "../wire/frame.ts";\nexport const f = frame;`,
    "core-takes-types-only",
  ],
  ["src/core/files.ts", `import "node:fs";`, "no-io-in-base-and-core"],
  ["src/core/sockets.ts", `import "net";`, "no-io-in-base-and-core"],
  ["src/base/time.ts", `import "node:timers/promises";`, "no-io-in-base-and-core"],
  ["src/base/machine.ts", `import type {} from "node:os";`, "no-io-in-base-and-core"],
  ["src/api/test-helper.ts", `import "../base/numbers.test.ts";`, "not-to-tests"],
  ["src/api/tool.ts", `import "../../tools/run.ts";`, "not-to-tools"],
  ["src/api/typo.ts", `import "./remotee.ts";`, "no-unknown-modules"],
  ["src/wire/development.ts", `import "eslint";`, "no-development-packages"],
  [
    "src/wire/native.ts",
    `import "koffi";`,
    "native-calls-in-few-places",
    "no-development-packages",
  ],
  ["src/wire/parse.ts", `import "acorn";`, "no-development-packages", "parser-in-closure-only"],
  [
    "src/base/package.ts",
    `import "tsx";`,
    "no-development-packages",
    "no-packages-in-base-and-core",
  ],
  ["examples/inside.ts", `import "../src/api/remote.ts";`, "examples-through-the-door"],
];

const innocent: Readonly<Record<string, string>> = {
  "src/wire/frame.ts":
    "export interface Frame { size: number }\nexport const frame: Frame = { size: 1 };",
  "src/values/codec.ts": `export type { Frame } from "../wire/frame.ts";`,
  "src/values/extension-types.ts": "export const FUNCTION = 64;",
  "src/closure/types.ts": `import { FUNCTION } from "../values/extension-types.ts";
export const type = FUNCTION;`,
  "src/core/queue.ts": `export type { Frame } from "../wire/frame.ts";`,
  "src/core/text.ts": `import { inspect } from "node:util";\nexport const show = inspect;`,
  "src/control/plane.ts": `import "../core/text.ts";`,
  "src/daemon/daemon.ts": `import "node:net";\nimport "../control/plane.ts";`,
  "src/worker/main.ts": `import "../api/remote.ts";`,
  "src/util/pool.ts": `import "../api/remote.ts";`,
  "src/testing/simulator.ts": `import "../index.ts";`,
  "src/core/text.test.ts": `import "node:fs";\nimport "../wire/frame.ts";`,
};

test("the import rules find each forbidden import, and nothing else", async (t) => {
  using fixture = new Fixture();
  await fixture.assertPasses("build");
  fixture.write(innocent);
  await fixture.assertPasses("imports");
  fixture.write(Object.fromEntries(violations.map(([path, code]) => [path, code])));
  const { exitCode, output } = await fixture.run("imports");
  assert.notEqual(exitCode, 0);
  const found = [...output.matchAll(/error ([\w-]+): (\S+) →/g)];
  for (const [path, , ...rules] of violations) {
    await t.test(`${path}: ${rules.join(", ")}`, () => {
      const broken = found.filter((match) => match[2] === path).map((match) => match[1]);
      assert.deepEqual(broken.sort(), rules);
    });
  }
  assert.equal(found.length, violations.flatMap(([, , ...rules]) => rules).length, output);
});

test("the import rules find a cycle of modules, and let types refer to each other", async () => {
  using fixture = new Fixture();
  const cycle = (last: string): Record<string, string> => ({
    "src/wire/a.ts": `import { B } from "./b.ts";\nexport class A { b = B }`,
    "src/wire/b.ts": `import { C } from "./c.ts";\nexport class B { c = C }`,
    "src/wire/c.ts": `${last} { A } from "./a.ts";\nexport class C { a?: A }`,
  });
  await fixture.assertFinds("imports", cycle("import"), "error no-cycles: src/wire/a.ts");
  fixture.write(cycle("import type"));
  await fixture.assertPasses("imports");
});

test("the import rules fail if dependency-cruiser sees nothing, as with TypeScript 7", async () => {
  using fixture = new Fixture();
  const modules = join(fixture.path, "node_modules");
  const ours = join(import.meta.dirname, "../../node_modules");
  rmSync(modules);
  mkdirSync(modules);
  for (const name of readdirSync(ours)) {
    if (!["typescript", "dependency-cruiser", ".bin"].includes(name)) {
      symlinkSync(join(ours, name), join(modules, name));
    }
  }
  symlinkSync(join(ours, "typescript-7"), join(modules, "typescript"));
  cpSync(join(ours, "dependency-cruiser"), join(modules, "dependency-cruiser"), {
    recursive: true,
  });
  mkdirSync(join(modules, ".bin"));
  symlinkSync("../dependency-cruiser/bin/dependency-cruise.mjs", join(modules, ".bin/depcruise"));
  const output = await fixture.assertFinds("imports", {}, /Only \d modules seen, .* hold \d\d/);
  assert.doesNotMatch(output, /error/);
});
