import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture } from "./fixture.ts";

const lines = (count: number): string => "  n += 1;\n".repeat(count);
const square = `import { remote } from "mobula";\nconst square = remote((x: number) => x * x);\n`;

/** One violation per file: the path, its text, the only rules that may complain about it. */
const violations: readonly (readonly [path: string, text: string, ...rules: string[]])[] = [
  [
    "examples/forgotten-await.ts",
    `${square}square(2);\n`,
    "@typescript-eslint/no-floating-promises",
  ],
  [
    "tests/forgotten-await.test.ts",
    `import { test } from "node:test";\n${square}test("no await", () => {\n  square(2);\n});\n`,
    "@typescript-eslint/no-floating-promises",
  ],
  [
    "examples/floating-thenable.ts",
    `declare function call(): { then(done: () => void, failed: () => void): void };\ncall();\n`,
    "@typescript-eslint/no-floating-promises",
  ],
  [
    "examples/ref-as-condition.ts",
    `${square}export const label = square(2) ? "even" : "odd";\n`,
    "@typescript-eslint/no-misused-promises",
  ],
  [
    "examples/ref-as-text.ts",
    `${square}export const label = \`\${square(2)}\`;\n`,
    "@typescript-eslint/no-base-to-string",
    "@typescript-eslint/restrict-template-expressions",
  ],
  [
    "src/wire/any.ts",
    "export const decode = (bytes: any): number => Number(bytes);\n",
    "@typescript-eslint/no-explicit-any",
  ],
  [
    "src/wire/any-without-reason.ts",
    `// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const decode = (bytes: any): number => Number(bytes);\n`,
    "mobula/reason-for-disable",
  ],
  [
    "src/wire/value-import.ts",
    `import { Frame } from "./frame.ts";
export const size = (frame: Frame): number => frame.size;\n`,
    "@typescript-eslint/consistent-type-imports",
  ],
  [
    "src/wire/inline-type-import.ts",
    `import { type Frame } from "./frame.ts";
export const size = (frame: Frame): number => frame.size;\n`,
    "@typescript-eslint/no-import-type-side-effects",
  ],
  [
    "src/wire/silent-catch.ts",
    `export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}\n`,
    "mobula/reason-for-swallow",
  ],
  [
    "src/wire/silent-handler.ts",
    `export function send(done: Promise<void>): void {\n  done.catch(() => {});\n}\n`,
    "mobula/reason-for-swallow",
  ],
  [
    "src/wire/lost-cause.ts",
    `export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(\`Cannot parse: \${String(error)}\`);
  }
}\n`,
    "preserve-caught-error",
  ],
  [
    "src/wire/wrong-message.ts",
    `export const lost = new Error("The link is lost");\n`,
    "mobula/error-message",
  ],
  [
    "src/wire/full-stop.ts",
    "export const lost = (n: number) => new Error(`Cannot read link ${n}: it is ` + 'closed.');\n",
    "mobula/error-message",
  ],
  ["src/wire/wide.ts", `// ${"wide ".repeat(20)}\nexport const n = 1;\n`, "mobula/line-width"],
  [
    "src/wire/long-function.ts",
    `export function add(n: number): number {\n${lines(70)}  return n;\n}\n`,
    "max-lines-per-function",
  ],
  ["src/wire/long-file.ts", `export let n = 0;\n${"n += 1;\n".repeat(500)}`, "max-lines"],
  ["src/wire/noise.ts", `console.log("noise");\n`, "no-console"],
  ["src/wire/door.ts", `export * from "./frame.ts";\n`, "no-restricted-syntax"],
  [
    "src/core/clock.ts",
    "export const nowMs = (): number => Date.now();\n",
    "no-restricted-properties",
  ],
  ["src/core/date.ts", "export const today = (): Date => new Date();\n", "no-restricted-syntax"],
  [
    "src/daemon/deadline.ts",
    "export const isOver = (atMs: number): boolean => Date.now() > atMs;\n",
    "no-restricted-properties",
  ],
  [
    "src/runtime/stamp.ts",
    "export const nowMs = (): number => +new Date();\n",
    "no-restricted-syntax",
  ],
  [
    "src/base/chance.ts",
    "export const die = (): number => Math.random();\n",
    "no-restricted-properties",
  ],
  [
    "src/core/timer.ts",
    "export const later = (act: () => void) => setTimeout(act, 10);\n",
    "no-restricted-globals",
  ],
  ["src/base/world.ts", "export const cores = process.env;\n", "no-restricted-globals"],
  [
    "src/core/wait.ts",
    "export async function wait(done: Promise<void>): Promise<void> {\n  await done;\n}\n",
    "no-restricted-syntax",
  ],
  [
    "src/wire/needless-disable.ts",
    `// eslint-disable-next-line eqeqeq -- nothing here needs it\nexport const n = 1;\n`,
    "Unused eslint-disable directive",
  ],
];

/** What looks like a violation and is none. */
const innocent: Readonly<Record<string, string>> = {
  "src/wire/frame.ts": "export interface Frame {\n  readonly size: number;\n}\n",
  "src/wire/any-with-reason.ts": `
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- bytes of any origin
export const decode = (bytes: any): number => Number(bytes);\n`,
  "src/wire/explained-catch.ts": `export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not ours: whoever sent it hears of it
  }
}
export function send(done: Promise<void>): void {
  done.catch(() => {
    // reported by the link
  });
}\n`,
  "src/wire/messages.ts": `
class MalformedFrameError extends Error {}
export const errors = (n: number, why: string) => [
  new Error(\`Cannot read link \${n}: it is closed; call init()\`),
  new Error(why),
  new Error(\`\${why} (\${n})\`),
  new MalformedFrameError("too short"),
];
`,
  "src/wire/messages.test.ts": `export const planted = new Error("planted");\n`,
  "examples/on-purpose.ts": `${square}void square(2);\n`,
};

/** The report names a file on a line of its own, then what is wrong with it, then an empty line. */
function rulesBroken(report: string, path: string): string[] {
  const section = report.split("\n\n").find((part) => part.includes(`/${path}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.includes("  error  "))
    .map(
      (line) => /Unused eslint-disable directive/.exec(line)?.[0] ?? line.split(/\s+/).at(-1) ?? "",
    );
}

test("lint finds each kind of violation, and nothing else", async (t) => {
  using fixture = new Fixture();
  await fixture.assertPasses("build");
  await fixture.assertPasses("lint");
  fixture.write(innocent);
  fixture.write(Object.fromEntries(violations.map(([path, text]) => [path, text])));
  const { exitCode, output } = await fixture.run("lint");
  assert.equal(exitCode, 1, output);
  for (const [path, , ...rules] of violations) {
    await t.test(`${path}: ${rules.join(", ")}`, () => {
      assert.deepEqual(rulesBroken(output, path), rules);
    });
  }
  for (const path of Object.keys(innocent)) {
    await t.test(`${path}: nothing`, () => {
      assert.deepEqual(rulesBroken(output, path), []);
    });
  }
});
