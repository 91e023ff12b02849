/**
 * The grid of cases, through the real package, under some of the ways to run a program; the others
 * take `npm run grid`.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { play } from "./play.ts";
import { Workspace } from "./project.ts";
import { runners } from "./runners.ts";

const selection = [
  "Vitest 3, forks",
  "Jest, coverage",
  "node:test, coverage",
  "tsc, ES2017, tslib, CommonJS",
  "esbuild, everything inlined, cjs, minified",
];

let workspace: Workspace;
before(async () => {
  workspace = await Workspace.create();
});
after(() => workspace[Symbol.dispose]());

for (const [index, name] of selection.entries()) {
  test(`${name}: every case does in a worker what it does in the program`, async () => {
    const runner = runners.find((each) => each.name === name);
    assert.ok(runner, `no runner is called ${name}`);
    const folder = join(workspace.directory, String(index));
    const { passed, failures } = await play(runner, process.execPath, folder);
    assert.deepEqual(failures, []);
    assert.ok(passed > 0);
  });
}
