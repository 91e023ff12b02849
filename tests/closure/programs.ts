/** Programs that hold all cases, for each way of running a program. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { cases, type Case } from "./cases.ts";
import { tsxArgv } from "./tsx.ts";

export interface Runner {
  readonly name: string;
  /** Arguments of `node`, then the entry. */
  readonly execArgv: readonly string[];
  readonly extension: "mjs" | "cjs" | "ts" | "js";
  readonly syntax: "module" | "commonjs";
  readonly packageType: "module" | "commonjs";
  readonly isBundled?: true;
  readonly isDownlevel?: true;
  /** Default: those that any JavaScript is. */
  readonly cases?: readonly Case[];
}

/** Each case is defined in a block, in a function, as an export, and inside a module. */
export function countRows(given: readonly Case[]): number {
  return given.reduce((sum, { isModuleOnly }) => sum + (isModuleOnly ? 2 : 4), 0);
}

/** What a program does with its subjects, instead of giving them to the kit. */
export interface Ending {
  /** Imports, and what must run at the top level of the entry. */
  readonly head: string;
  /** Statements of an async function that has `subjects`. */
  readonly use: string;
  /** Calls that function, `main`. */
  readonly call: string;
}

/** Compilers leave this `import` alone. */
const KIT: Ending = {
  head: "",
  use:
    `  const load = new Function("url", "return import(url)");\n` +
    `  const { run } = await load(process.env.GRID);\n` +
    `  await run(subjects);\n`,
  call: "main();\n",
};

const NAMES = "Shape, bump, tag, twice, whoIsThis";

const IMPORTS = {
  module: (lib: string) =>
    `import lib, { ${NAMES} } from "${lib}";\nimport * as libAll from "${lib}";\n` +
    `import path, { join, sep } from "node:path";\n`,
  commonjs: (lib: string) =>
    `const libAll = require("${lib}");\nconst { default: lib, ${NAMES} } = libAll;\n` +
    `const path = require("node:path");\nconst { join, sep } = path;\n`,
};

const LIB = `
function plusHundred(x) { return x + 100; }
const twice = (x) => x * 2;
let count = 0;
function bump() { count++; }
function tag(strings, ...values) { return [...strings, ...values]; }
function whoIsThis() { return this === undefined || this === globalThis ? "nobody" : "somebody"; }
class Shape { constructor(x) { this.x = x; } area() { return this.x ** 2; } }
const VERSION = "1";
`;
const LIB_EXPORTS = {
  module: `export { plusHundred as default, count, VERSION, ${NAMES} };`,
  commonjs:
    `Object.assign(exports, { default: plusHundred, VERSION, ${NAMES} });` +
    `Object.defineProperty(exports, "count", { get: () => count, enumerable: true });`,
};

/** Writes a program into `folder` and returns its entry. */
export async function writeProgram(
  folder: string,
  runner: Runner,
  ending: Ending = KIT,
): Promise<string> {
  const { extension, syntax, packageType } = runner;
  const file = (name: string): string => join(folder, `${name}.${extension}`);
  const write = (name: string, text: string): Promise<void> =>
    writeFile(file(name), runner.isDownlevel ? downlevel(text) : text);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: packageType }));
  await write("lib", LIB + LIB_EXPORTS[syntax]);
  const lib = `./lib.${extension}`;
  const imports = IMPORTS[syntax](lib);
  for (const [index, each] of (runner.cases ?? cases).entries()) {
    const own = each.imports ?? "";
    await write(`case${index}`, imports + own + moduleText(each, lib, syntax));
  }
  await write("main", mainText(runner, ending, imports, lib));
  return file("main");
}

/** As TypeScript compiles for old engines: no fields, no async functions, `require`. */
function downlevel(text: string): string {
  const { ES2015: target } = ts.ScriptTarget;
  const { CommonJS: module } = ts.ModuleKind;
  const compilerOptions = { target, module, esModuleInterop: true };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

function parts({ setup = "", subject, args = "[]" }: Case, lib: string): string[] {
  return [setup, `(${subject})`, args].map((part) => part.replaceAll("LIB", lib));
}

/** One case at the top level of a module: exported, and behind a function. */
function moduleText(each: Case, lib: string, syntax: Runner["syntax"]): string {
  const [setup, subject, args] = parts(each, lib);
  const body = `${setup}\nconst subject = ${subject};\nconst hidden = ${subject};\n`;
  const given = `const get = () => hidden;\nconst args = () => ${args};\n`;
  return (
    body +
    given +
    (syntax === "module"
      ? "export { subject, get, args };"
      : "Object.assign(exports, { subject, get, args });")
  );
}

function mainText(
  { extension, syntax, cases: given = cases }: Runner,
  { head, use, call }: Ending,
  imports: string,
  lib: string,
): string {
  const inMain = given.map((each) => {
    if (each.isModuleOnly) return "";
    const [setup, subject, args] = parts(each, lib);
    const name = JSON.stringify(each.name);
    return (
      `{ ${setup}\n register(${name}, "block", ${subject}, ${args}); }\n` +
      `(function (parameter) { ${setup}\n register(${name}, "function", ${subject}, ` +
      `${args}); })(1);\n`
    );
  });
  const names = JSON.stringify(given.map(({ name }) => name));
  const stateful = given.filter((each) => each.isStateful).map(({ name }) => name);
  const load = syntax === "module" ? "await import(`./case${i}." : "require(`./case${i}.";
  const loaded = given.map(
    (_each, i) => load.replace("${i}", String(i)).replace("`", '"') + `${extension}")`,
  );
  const own = new Set(given.map((each) => each.imports ?? ""));
  return (
    `${imports}${[...own].join("")}${head}const subjects = [];\n` +
    `const stateful = ${JSON.stringify(stateful)};\n` +
    `function register(name, where, subject, args) {` +
    ` subjects.push({ name, where, subject, args, isStateful: stateful.includes(name) }); }\n` +
    `${inMain.join("")}\n` +
    `async function main() {\n` +
    `  const names = ${names};\n` +
    `  const modules = [${loaded.join(", ")}];\n` +
    `  for (const [i, { subject, get, args }] of modules.entries()) {\n` +
    `    register(names[i], "export", subject, args());\n` +
    `    register(names[i], "module", get(), args());\n` +
    `  }\n` +
    `${use}}\n${call}`
  );
}

export const runners: readonly Runner[] = [
  {
    name: "node, ES modules",
    execArgv: [],
    extension: "mjs",
    syntax: "module",
    packageType: "module",
  },
  {
    name: "node, CommonJS",
    execArgv: [],
    extension: "cjs",
    syntax: "commonjs",
    packageType: "commonjs",
  },
  {
    name: "tsx, ES modules",
    execArgv: tsxArgv,
    extension: "ts",
    syntax: "module",
    packageType: "module",
  },
  {
    name: "tsx, CommonJS",
    execArgv: tsxArgv,
    extension: "ts",
    syntax: "module",
    packageType: "commonjs",
  },
  {
    name: "a bundle",
    execArgv: [],
    extension: "mjs",
    syntax: "module",
    packageType: "module",
    isBundled: true,
  },
  {
    name: "compiled to ES2015, CommonJS",
    execArgv: [],
    extension: "js",
    syntax: "module",
    packageType: "commonjs",
    isDownlevel: true,
  },
];
