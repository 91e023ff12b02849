/** Test runners: the program is a test file with one test. */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Ending } from "../closure/programs.ts";
import {
  COMMON,
  flags,
  MODULE,
  module,
  TYPED,
  typedFiles,
  UNDECORATED,
  type Runner,
} from "./forms.ts";
import { link } from "./nodes.ts";

const require = createRequire(import.meta.url);
const tsx = import.meta.resolve("tsx");
const TEST_TIMEOUT_MS = 100_000;

const asTest = (ending: Ending, head = ""): Ending => ({
  ...ending,
  head: head + ending.head,
  call: `test("the grid", main, ${TEST_TIMEOUT_MS});\n`,
});

const nodeTest: Ending = {
  ...module,
  head: `import { test } from "node:test";\n${module.head}`,
  call: 'test("the grid", main);\n',
};
const coverage = "--experimental-test-coverage";

const nodeTests: readonly Runner[] = [
  { name: "node:test", form: MODULE, ending: nodeTest, argv: flags("--test") },
  { name: "node:test, coverage", form: MODULE, ending: nodeTest, argv: flags("--test", coverage) },
  {
    name: "node:test, TypeScript, coverage",
    form: TYPED,
    ending: nodeTest,
    files: typedFiles,
    argv: flags("--import", tsx, "--test", coverage),
  },
];

const vitestConfig = (pool: string, provider = "v8"): Record<string, string> => ({
  "vitest.config.mjs":
    `export default { test: { include: ["main.*"], pool: "${pool}", ` +
    `coverage: { provider: "${provider}", reporter: ["json"], all: false } } };\n`,
});
const vitestEnding = asTest(module, 'import { test } from "vitest";\n');
const vitest = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");

/** Packages that are no dependency of ours, in the folder of the program. */
const linked =
  (name: string, ...packages: readonly string[]) =>
  async (entry: string): Promise<string> => {
    await link(dirname(entry), name, packages);
    return entry;
  };
const linkedVitest =
  (...more: readonly string[]) =>
  (entry: string): string[] => [
    join(dirname(entry), "node_modules/vitest/vitest.mjs"),
    "run",
    ...more,
  ];
/** Exactly: where a newer version of some is not there yet, `npm` finds no others that agree. */
const VITEST_4 = ["vitest", "@vitest/coverage-istanbul", "@vitest/coverage-v8"].map(
  (name) => `${name}@4.1.8`,
);
const COVERAGES = ["", "v8", "istanbul"] as const;

const vitests: readonly Runner[] = ["forks", "threads"].flatMap((pool): Runner[] => [
  ...COVERAGES.map((provider) => ({
    name: `Vitest 3, ${pool}${provider && `, ${provider} coverage`}`,
    form: MODULE,
    ending: vitestEnding,
    files: vitestConfig(pool, provider || "v8"),
    ...(provider === "istanbul"
      ? {
          compile: linked("vitest-3", "vitest@3", "@vitest/coverage-istanbul@3"),
          argv: linkedVitest("--coverage"),
        }
      : { argv: () => [vitest, "run", ...(provider === "" ? [] : ["--coverage"])] }),
  })),
  {
    name: `Vitest 3, ${pool}, TypeScript`,
    form: TYPED,
    ending: vitestEnding,
    files: { ...vitestConfig(pool), ...typedFiles },
    argv: () => [vitest, "run"],
    env: { GRID_LOADER: tsx },
  },
  ...COVERAGES.map((provider) => ({
    name: `Vitest 4, ${pool}, TypeScript${provider && `, ${provider} coverage`}`,
    form: UNDECORATED,
    ending: vitestEnding,
    files: { ...vitestConfig(pool, provider || "v8"), ...typedFiles },
    compile: linked("vitest-4", ...VITEST_4),
    argv: linkedVitest(...(provider === "" ? [] : ["--coverage"])),
    env: { GRID_LOADER: tsx },
  })),
]);

/** Jest has no `require` of ES modules, such as the package is, before Node 24.9. */
const jestCommonJs: Ending = {
  head: 'const { markEntry, run } = require("./kit.cjs");\nmarkEntry();\n',
  use: '  await run(subjects, await import("mobula"));\n',
  call: "main();\n",
};
const jestConfig = {
  "jest.config.cjs":
    'module.exports = { testMatch: ["**/main.*"], moduleFileExtensions: ["js", "mjs", "cjs"] };\n',
};
const tsJestConfig = {
  "jest.config.cjs":
    'module.exports = { testMatch: ["**/main.*"], extensionsToTreatAsEsm: [".ts"], ' +
    'moduleFileExtensions: ["ts", "js", "mjs", "cjs"], transform: { "\\\\.ts$": ["ts-jest", ' +
    '{ useESM: true, diagnostics: false, tsconfig: { module: "ES2022", target: "ES2022", ' +
    'moduleResolution: "bundler", isolatedModules: true } }] } };\n',
};
const jest = join(dirname(require.resolve("jest/package.json")), "bin/jest.js");
const jestArgv = (more: readonly string[]): string[] => [
  "--experimental-vm-modules",
  jest,
  ...more,
];
const JEST_COVERAGES = [
  { note: "", options: [] },
  { note: ", coverage", options: ["--coverage"] },
  { note: ", v8 coverage", options: ["--coverage", "--coverageProvider=v8"] },
];

const jests: readonly Runner[] = JEST_COVERAGES.flatMap(({ note, options }) => [
  ...[COMMON, MODULE].map((form) => ({
    name: `Jest${form === MODULE ? ", ES modules" : ""}${note}`,
    form,
    ending: asTest(form === MODULE ? module : jestCommonJs),
    files: jestConfig,
    argv: () => jestArgv(options),
    env: { GRID_REALMS: "many" },
  })),
  {
    name: `Jest, ts-jest${note}`,
    form: TYPED,
    ending: asTest(module),
    files: { ...tsJestConfig, ...typedFiles },
    compile: linked("ts-jest", "ts-jest@29", "typescript@5.9", "jest@30"),
    argv: () => jestArgv(options),
    env: { GRID_REALMS: "many", GRID_LOADER: tsx },
  },
]);

export const suites: readonly Runner[] = [...nodeTests, ...vitests, ...jests];
