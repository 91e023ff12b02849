import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Fixture } from "./fixture.ts";

let fixture: Fixture;
before(async () => {
  fixture = new Fixture();
  await fixture.assertPasses("build");
});
after(() => fixture[Symbol.dispose]());

const failing = `import assert from "node:assert/strict";
import { test } from "node:test";
test("two is three", () => assert.equal(2, 3));
`;

test("unit finds a failing test", async () => {
  await fixture.assertPasses("unit");
  const output = await fixture.assertFinds("unit", { "src/base/wrong.test.ts": failing });
  assert.match(output, /✖ failing tests:[^]*two is three[^]*2 !== 3/);
  assert.match(output, /^ℹ tests 2$/m);
  assert.match(output, /^ℹ fail 1$/m);
});

test("unit finds a test that never ends, and ends it", async () => {
  const hanging = `import { test } from "node:test";
test("for ever", () => new Promise(() => setInterval(() => {}, 1_000)));
`;
  const files = { "src/base/hanging.test.ts": hanging };
  fixture.environment = { TEST_TIMEOUT_MS: "10000", SUITE_TIMEOUT_MS: "20000" };
  // Node 20 ends the file; newer ones fail the test, and the file goes on until the suite's end.
  const output = await fixture.assertFinds("unit", files, "hanging.test.ts");
  assert.match(output, /ℹ cancelled 1|Ended after 20000 ms/);
  assert.doesNotMatch(output, /left behind/);
  fixture.environment = {};
});

test("integration finds a failing test", async () => {
  await fixture.assertPasses("integration");
  const output = await fixture.assertFinds("integration", { "tests/wrong.test.ts": failing });
  assert.match(output, /✖ failing tests:[^]*two is three/);
});

test("integration finds a process that was left behind", async () => {
  const leaving = `import { spawn } from "node:child_process";
import { test } from "node:test";
test("leaves a process", () => {
  const args = ["-e", "setTimeout(() => {}, 60_000)"];
  spawn(process.execPath, args, { detached: true, stdio: "ignore" }).unref();
});
`;
  const output = await fixture.assertFinds("integration", { "tests/leaving.test.ts": leaving });
  const pid = /✖ left behind: process (\d+): \S*node -e setTimeout/.exec(output)?.[1];
  assert(pid, output);
  process.kill(Number(pid), "SIGKILL");
});

test("integration finds a session's folder that was left behind", async () => {
  // A temporary folder of its own: other suites run beside this one, and look too.
  const tmp = join(fixture.path, "tmp");
  const folder = join(tmp, `mobula-${userInfo().uid}`, "planted");
  mkdirSync(tmp);
  fixture.environment = { TMPDIR: tmp };
  const leaving = `import { mkdirSync } from "node:fs";
import { test } from "node:test";
test("leaves a folder", () => void mkdirSync("${folder}", { recursive: true }));
`;
  const files = { "tests/leaving.test.ts": leaving };
  await fixture.assertFinds("integration", files, `✖ left behind: folder ${folder}`);
  await fixture.assertPasses("integration"); // it was there before: not this run's fault
  fixture.environment = {};
});

/** An API that knows of `mode: "inline"`, and copies arguments there, or forgets to. */
function apiWithModes(passInline: string): Readonly<Record<string, string>> {
  return {
    "src/index.ts": `export { init, remote } from "./api/remote.ts";\n`,
    "src/api/remote.ts": `export interface Options {
  readonly mode: "inline" | "processes";
}
let isInline = false;
export function init({ mode }: Options): void {
  isInline = mode === "inline";
}
export function remote<T, R>(body: (value: T) => R): (value: T) => Promise<R> {
  return async (value) => body(isInline ? ${passInline} : structuredClone(value));
}
`,
    "tests/support.ts": `import { init } from "mobula";
export function useRuntime(): void {
  init({ mode: process.env["MOBULA_TEST_MODE"] === "inline" ? "inline" : "processes" });
}
`,
    "tests/remote.test.ts": `import assert from "node:assert/strict";
import { test } from "node:test";
import { remote } from "mobula";
import { useRuntime } from "./support.ts";
useRuntime();
test("an argument is copied", async () => {
  const list = [1];
  await remote((given: number[]) => given.push(2))(list);
  assert.deepEqual(list, [1]);
});
`,
  };
}

test("inline finds an API that behaves otherwise with mode: inline", async () => {
  using inline = new Fixture();
  inline.write(apiWithModes("value"));
  await inline.assertPasses("build");
  await inline.assertPasses("integration");
  const skipped = "// Processes only: whatever.\n";
  const files = { "tests/processes.test.ts": `${skipped}${failing}` };
  await inline.assertFinds("inline", files, /✖ failing tests:[^]*an argument is copied/, "tests 1");
  inline.write(apiWithModes("structuredClone(value)"));
  await inline.assertPasses("build");
  await inline.assertPasses("inline");
});

test("a suite without tests has failed", async () => {
  const empty = { "src/base/numbers.test.ts": "export {};\n" };
  await fixture.assertFinds("gates", {}, `suite "gates": it has no test files`);
  await fixture.assertFinds("unit", empty, "base/numbers.test.ts has no test");
});
