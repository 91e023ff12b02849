/** The ways to run a program. Each is a process of Node in the end: `node ...argv`. */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import type { Ending, Runner as Form } from "../closure/programs.ts";
import { tsxArgv } from "../closure/tsx.ts";
import { buildNext, nextEnding, nextFiles } from "./next.ts";
import { succeed } from "./project.ts";

export interface Runner {
  readonly name: string;
  /** Major versions of Node on which it works; default: all. */
  readonly nodes?: readonly number[];
  readonly form: Pick<Form, "extension" | "syntax" | "packageType">;
  readonly ending: Ending;
  /** Files beside the program. */
  readonly files?: Readonly<Record<string, string>>;
  /** Compiles the program; gives the entry that is run. */
  readonly compile?: (entry: string) => Promise<string>;
  /** Of `node`. */
  readonly argv: (entry: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Names of cases that cannot go there, and must be refused. */
  readonly refused?: readonly string[];
}

const require = createRequire(import.meta.url);
const MODULE = { extension: "mjs", syntax: "module", packageType: "module" } as const;
const COMMON = { extension: "js", syntax: "commonjs", packageType: "commonjs" } as const;
const TYPED = { extension: "ts", syntax: "module", packageType: "module" } as const;
const TYPED_COMMON = { ...TYPED, packageType: "commonjs" } as const;

const use = "  await run(subjects, mobula);\n";
const module: Ending = {
  head:
    'import * as mobula from "mobula";\n' +
    'import { markEntry, run } from "./kit.mjs";\nmarkEntry();\n',
  use,
  call: "main();\n",
};
const commonjs: Ending = {
  head:
    'const mobula = require("mobula");\n' +
    'const { markEntry, run } = require("./kit.cjs");\nmarkEntry();\n',
  use,
  call: "main();\n",
};
/** Jest has no `require` of ES modules, such as the package is, before Node 24.9. */
const jestCommonJs: Ending = {
  head: 'const { markEntry, run } = require("./kit.cjs");\nmarkEntry();\n',
  use: '  await run(subjects, await import("mobula"));\n',
  call: "main();\n",
};
const TEST_TIMEOUT_MS = 100_000;
const asTest = (ending: Ending, head = ""): Ending => ({
  ...ending,
  head: head + ending.head,
  call: `test("the grid", main, ${TEST_TIMEOUT_MS});\n`,
});
const asNodeTest: Ending = {
  ...module,
  head: `import { test } from "node:test";\n${module.head}`,
  call: 'test("the grid", main);\n',
};

const direct = (entry: string): string[] => [entry];
const flags =
  (...given: readonly string[]) =>
  (entry: string): string[] => [...given, entry];

/** Compiles beside the sources. */
function tsc(target: string, moduleKind: string): (entry: string) => Promise<string> {
  return async (entry) => {
    const options =
      `--noCheck --target ${target} --module ${moduleKind} --moduleResolution bundler ` +
      "--importHelpers --rewriteRelativeImportExtensions --esModuleInterop --sourceMap " +
      "--skipLibCheck --types node";
    const bin = require.resolve("typescript/bin/tsc");
    const resolution = moduleKind === "commonjs" ? options.replace("bundler", "node10") : options;
    await succeed(process.execPath, [bin, ...resolution.split(" "), entry], dirname(entry));
    return entry.replace(/\.ts$/, ".js");
  };
}

function esbuild(options: BuildOptions): (entry: string) => Promise<string> {
  return async (entry) => {
    const outfile = join(dirname(entry), "bundle.mjs");
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      external: ["mobula"],
      logLevel: "error",
      ...options,
    });
    return outfile;
  };
}

const vitestConfig = (pool: string): Record<string, string> => ({
  "vitest.config.mjs":
    `export default { test: { include: ["main.*"], pool: "${pool}", ` +
    'coverage: { provider: "v8", reporter: ["json"], all: false } } };\n',
});
const jestConfig = {
  "jest.config.cjs":
    'module.exports = { testMatch: ["**/main.*"], moduleFileExtensions: ["js", "mjs", "cjs"] };\n',
};
const vitest = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");
const tsx = import.meta.resolve("tsx");
const jest = join(dirname(require.resolve("jest/package.json")), "bin/jest.js");

export const runners: readonly Runner[] = [
  { name: "node, ES modules", form: MODULE, ending: module, argv: direct },
  { name: "node, CommonJS", form: COMMON, ending: commonjs, argv: direct },
  { name: "tsx, ES modules", form: TYPED, ending: module, argv: flags(...tsxArgv) },
  { name: "tsx, CommonJS", form: TYPED_COMMON, ending: module, argv: flags(...tsxArgv) },
  { name: "type stripping", nodes: [24], form: TYPED, ending: module, argv: direct },
  {
    name: "tsc, ES2022",
    form: TYPED,
    ending: module,
    compile: tsc("ES2022", "ES2022"),
    argv: direct,
  },
  {
    name: "tsc, ES2017, tslib",
    form: TYPED,
    ending: module,
    compile: tsc("ES2017", "ES2020"),
    argv: direct,
  },
  {
    name: "tsc, ES2017, tslib, CommonJS",
    form: TYPED_COMMON,
    ending: module,
    compile: tsc("ES2017", "commonjs"),
    argv: direct,
  },
  { name: "esbuild", form: TYPED, ending: module, compile: esbuild({}), argv: direct },
  {
    name: "esbuild, minified",
    form: TYPED,
    ending: module,
    compile: esbuild({ minify: true }),
    argv: direct,
  },
  {
    name: "node --inspect",
    form: MODULE,
    ending: module,
    argv: flags("--inspect=127.0.0.1:0"),
  },
  {
    name: "NODE_V8_COVERAGE",
    form: MODULE,
    ending: module,
    argv: direct,
    env: { NODE_V8_COVERAGE: "coverage" },
  },
  { name: "node:test", form: MODULE, ending: asNodeTest, argv: flags("--test") },
  {
    name: "node:test, coverage",
    form: MODULE,
    ending: asNodeTest,
    argv: flags("--test", "--experimental-test-coverage"),
  },
  ...["forks", "threads"].flatMap((pool) =>
    ["", "coverage"].map((coverage) => ({
      name: `Vitest, ${pool}${coverage && ", coverage"}`,
      form: MODULE,
      ending: asTest(module, 'import { test } from "vitest";\n'),
      files: vitestConfig(pool),
      argv: () => [vitest, "run", ...(coverage === "" ? [] : ["--coverage"])],
    })),
  ),
  {
    name: "Vitest, TypeScript",
    form: TYPED,
    ending: asTest(module, 'import { test } from "vitest";\n'),
    files: vitestConfig("forks"),
    argv: () => [vitest, "run"],
    env: { GRID_LOADER: tsx },
  },
  ...[COMMON, MODULE].flatMap((form) =>
    ["", "coverage"].map((coverage) => ({
      name: `Jest${form === MODULE ? ", ES modules" : ""}${coverage && ", coverage"}`,
      form,
      ending: asTest(form === MODULE ? module : jestCommonJs),
      files: jestConfig,
      argv: () => ["--experimental-vm-modules", jest, ...(coverage === "" ? [] : ["--coverage"])],
      env: { GRID_REALMS: "many" },
    })),
  ),
  {
    name: "Next.js",
    form: MODULE,
    ending: nextEnding,
    files: nextFiles,
    compile: buildNext,
    argv: direct,
    env: { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    // The compiler joins what a constructor does into one expression.
    refused: ["dynamic import", "arrow functions in fields"],
  },
];
