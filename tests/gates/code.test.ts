import { after, before, test } from "node:test";
import { Fixture } from "./fixture.ts";

let fixture: Fixture;
before(() => (fixture = new Fixture()));
after(() => fixture[Symbol.dispose]());

test("build finds what does not compile", async () => {
  await fixture.assertPasses("build");
  const files = { "src/base/wrong.ts": `export const n: number = "one";\n` };
  await fixture.assertFinds("build", files, "src/base/wrong.ts(1,14): error TS2322");
});

test("types finds errors in all folders, and what only TypeScript could run", async () => {
  await fixture.assertPasses("types");
  const paths = ["src/base", "tests", "examples", "bench", "tools"].map((at) => `${at}/wrong.ts`);
  const wrong = paths.map((path) => [path, `export const n: number = "one";\n`] as const);
  const enumeration = { "src/base/colour.ts": "export enum Colour {\n  Red,\n}\n" };
  const files = { ...Object.fromEntries(wrong), ...enumeration };
  const complaints = paths.map((path) => `${path}(1,14): error TS2322`);
  await fixture.assertFinds("types", files, ...complaints, "colour.ts(1,13): error TS1294");
});

test("format finds what Prettier would write otherwise", async () => {
  await fixture.assertPasses("format");
  const files = { "src/base/wrong.ts": `export const n = 1 ;\n` };
  await fixture.assertFinds("format", files, "src/base/wrong.ts");
});

test("unused finds files, exports and packages that nobody uses", async () => {
  await fixture.assertPasses("unused");
  const unusedFile = { "src/base/lonely.ts": "export const n = 1;\n" };
  await fixture.assertFinds("unused", unusedFile, "Unused files", "src/base/lonely.ts");
  const unusedExport = {
    "src/base/numbers.ts": `export function nextNumber(n: number): number {
  return n + 1;
}
export function previousNumber(n: number): number {
  return n - 1;
}
`,
  };
  await fixture.assertFinds("unused", unusedExport, "Unused exports", "previousNumber");
  const unlisted = { "tests/extra.test.ts": `import "fast-check";\n` };
  await fixture.assertFinds("unused", unlisted, "Unlisted dependencies", "fast-check");
});

test("the type tests find a wrong type with every TypeScript", async () => {
  await fixture.assertPasses("build");
  await fixture.assertPasses("type-tests");
  const files = {
    "tests/types/a.check.ts": `export const n: number = "one";\n`,
    "tests/types/b.check.ts": `// @ts-expect-error nothing is wrong\nexport const n: number = 1;\n`,
  };
  const errors = `tests/types/a.check.ts(1,14): error TS2322: Type 'string' is not assignable to \
type 'number'.\ntests/types/b.check.ts(1,1): error TS2578`;
  const versions = ["typescript-5.5", "typescript", "typescript-7"];
  const complaints = versions.map((version) => `${version}:\n${errors}`);
  await fixture.assertFinds("type-tests", files, ...complaints);
});
