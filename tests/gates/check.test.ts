import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Fixture } from "./fixture.ts";

let fixture: Fixture;
before(() => (fixture = new Fixture()));
after(() => fixture[Symbol.dispose]());

const failingTest = `import { test } from "node:test";
test("planted", () => {
  throw new Error("planted");
});
`;

test("npm test reports each gate on a line, then the sums of all suites", async () => {
  const { exitCode, stdout } = await fixture.check("format", "unit", "integration");
  assert.equal(exitCode, 0, stdout);
  for (const [gate, tests] of [["build"], ["format"], ["unit", 1], ["integration", 1]] as const) {
    const count = tests === undefined ? "" : ` +${tests} tests`;
    assert.match(stdout, new RegExp(`^ok +${gate} +[\\d.]+ s${count}$`, "m"));
  }
  assert.match(stdout, /\n\nℹ tests 2\nℹ suites 0\nℹ pass 2\nℹ fail 0\n/);
  assert.equal(stdout.trimEnd().split("\n").length, 4 + 1 + 8);
});

test("npm test fails with any gate, and shows what that gate found", async () => {
  fixture.write({ "src/base/planted.test.ts": failingTest });
  const { exitCode, stdout } = await fixture.check("format", "unit");
  assert.equal(exitCode, 1, stdout);
  assert.match(stdout, /^FAIL +unit +[\d.]+ s +2 tests\n +✖ failing tests:[^]*Error: planted/m);
  assert.match(stdout, /^ok +format/m);
  assert.match(stdout, /^ℹ fail 1$/m);
  fixture.remove("src/base/planted.test.ts");
});

test("npm test skips what needs the build when the build fails, and fails", async () => {
  fixture.write({ "src/base/planted.ts": `export const n: number = "one";\n` });
  const { exitCode, stdout } = await fixture.check("unit", "integration");
  assert.equal(exitCode, 1, stdout);
  assert.match(stdout, /^FAIL +build[^]*TS2322[^]*^skip +integration +no build\nok +unit/m);
  fixture.remove("src/base/planted.ts");
});

test("npm test refuses a gate that does not exist", async () => {
  const { exitCode, output } = await fixture.check("nuit");
  assert.equal(exitCode, 1);
  assert.match(output, /Cannot run gate nuit: there is none; choose from .*unit/);
});
