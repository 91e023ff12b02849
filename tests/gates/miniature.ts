/**
 * A package of a few lines with everything the gates look at: layers, tests, type tests, an
 * example, a page. It passes all gates; a test plants one violation and sees it found.
 */

export const miniature: Readonly<Record<string, string>> = {
  LICENSE: "Apache-2.0\n",
  "CHANGELOG.md": "# Changelog\n",
  "README.md": `# Miniature

\`\`\`ts
import { remote } from "mobula";

const square = remote((x: number) => x * x);
console.log(await square(7));
\`\`\`
\`\`\`text
49
\`\`\`
`,
  "src/index.ts": `export { remote } from "./api/remote.ts";
export type { ObjectRef } from "./api/remote.ts";
`,
  "src/api/remote.ts": `import { nextNumber } from "../base/numbers.ts";

export interface ObjectRef<out T> extends Promise<T> {
  readonly id: number;
}

let lastId = 0;

export function remote<A extends unknown[], R>(
  body: (...args: A) => R,
): (...args: A) => ObjectRef<Awaited<R>> {
  return (...args) => {
    lastId = nextNumber(lastId);
    return Object.assign(Promise.resolve(body(...args)), { id: lastId });
  };
}
`,
  "src/base/numbers.ts": `export function nextNumber(n: number): number {
  return n + 1;
}
`,
  "src/base/numbers.test.ts": `import assert from "node:assert/strict";
import { test } from "node:test";
import { nextNumber } from "./numbers.ts";

test("nextNumber", () => {
  assert.equal(nextNumber(1), 2);
});
`,
  "tests/remote.test.ts": `import assert from "node:assert/strict";
import { test } from "node:test";
import { remote } from "mobula";

test("a remote call is awaited", async () => {
  assert.equal(await remote((x: number) => x + 1)(1), 2);
});
`,
  "tests/types/remote.check.ts": `import { remote, type ObjectRef } from "mobula";

const square = remote((x: number) => x * x);
export const ref: ObjectRef<number> = square(1);
// @ts-expect-error a string is no number
export const wrong = square("x");
`,
  "examples/hello.ts": `import { remote } from "mobula";

console.log(await remote(() => "hello")());
`,
};
