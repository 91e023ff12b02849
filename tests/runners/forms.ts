/** What a runner is, and the shapes that programs have under them. */

import type { Ending, Runner as Form } from "../closure/programs.ts";
import { cases } from "../closure/cases.ts";
import { compiledCases, erasableCases, UNITS } from "./typed-cases.ts";

export interface Runner {
  readonly name: string;
  /** Major versions of Node on which it works; default: all. */
  readonly nodes?: readonly number[];
  readonly form: Pick<Form, "extension" | "syntax" | "packageType" | "cases">;
  readonly ending: Ending;
  /** Files beside the program. */
  readonly files?: Readonly<Record<string, string>>;
  /** Compiles the program; gives the entry that is run, in the folder of that. */
  readonly compile?: (entry: string) => Promise<string>;
  /** Of `node`. */
  readonly argv: (entry: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Names of cases that cannot go there, and must be refused. */
  readonly refused?: readonly string[];
}

export const MODULE = { extension: "mjs", syntax: "module", packageType: "module" } as const;
export const COMMON = { extension: "js", syntax: "commonjs", packageType: "commonjs" } as const;
/** TypeScript of which nothing is left to run when its types are gone. */
export const ERASABLE = {
  extension: "ts",
  syntax: "module",
  packageType: "module",
  cases: [...cases, ...erasableCases],
} as const;
/** TypeScript that has to be compiled. */
export const TYPED = { ...ERASABLE, cases: [...ERASABLE.cases, ...compiledCases] } as const;
/** For compilers that leave decorators to the engine, which has none. */
export const UNDECORATED = {
  ...TYPED,
  cases: TYPED.cases.filter(({ name }) => !/decorators|auto-accessors/.test(name)),
} as const;
export const TYPED_COMMON = { ...TYPED, packageType: "commonjs" } as const;
/** What compiled cases import. */
export const typedFiles = { "units.ts": UNITS };

const use = "  await run(subjects, mobula);\n";
export const module: Ending = {
  head:
    'import * as mobula from "mobula";\n' +
    'import { markEntry, run } from "./kit.mjs";\nmarkEntry();\n',
  use,
  call: "main();\n",
};
export const commonjs: Ending = {
  head:
    'const mobula = require("mobula");\n' +
    'const { markEntry, run } = require("./kit.cjs");\nmarkEntry();\n',
  use,
  call: "main();\n",
};

export const direct = (entry: string): string[] => [entry];
export const flags =
  (...given: readonly string[]) =>
  (entry: string): string[] => [...given, entry];
