/** The ways to run a program. Each is a process of Node in the end: `node ...argv`. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tsxArgv } from "../closure/tsx.ts";
import { esbuild, inlined, tsc, webpack } from "./compilers.ts";
import * as forms from "./forms.ts";
import { commonjs, direct, flags, module, typedFiles as files, type Runner } from "./forms.ts";
import { buildNext, nextEnding, nextFiles } from "./next.ts";
import { suites } from "./suites.ts";

const { COMMON, ERASABLE, MODULE, TYPED, TYPED_COMMON, UNDECORATED } = forms;

const debugging = {
  files: {
    "debugger.mjs": readFileSync(join(import.meta.dirname, "debugger.js"), "utf8"),
  },
  // Before Node 22, `WebSocket` has to be asked for.
  argv: flags("--experimental-websocket", "debugger.mjs"),
};

const plain: readonly Runner[] = [
  { name: "node, ES modules", form: MODULE, ending: module, argv: direct },
  { name: "node, CommonJS", form: COMMON, ending: commonjs, argv: direct },
  { name: "tsx, ES modules", form: TYPED, ending: module, files, argv: flags(...tsxArgv) },
  { name: "tsx, CommonJS", form: TYPED_COMMON, ending: module, files, argv: flags(...tsxArgv) },
  { name: "type stripping", nodes: [24], form: ERASABLE, ending: module, argv: direct },
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
  {
    name: "debugged, paused, ES modules",
    form: MODULE,
    ending: module,
    ...debugging,
  },
  {
    name: "debugged, paused, CommonJS",
    form: COMMON,
    ending: commonjs,
    ...debugging,
  },
];

const typed = { form: TYPED, ending: module, files, argv: direct };
const compiled: readonly Runner[] = [
  { name: "tsc, ES2022", ...typed, compile: tsc("ES2022", "ES2022") },
  { name: "tsc, ES2017, tslib", ...typed, compile: tsc("ES2017", "ES2020") },
  {
    name: "tsc, ES2017, tslib, CommonJS",
    ...typed,
    form: TYPED_COMMON,
    compile: tsc("ES2017", "commonjs"),
  },
  { name: "esbuild", ...typed, compile: esbuild({ format: "esm" }) },
  { name: "esbuild, minified", ...typed, compile: esbuild({ format: "esm", minify: true }) },
  ...(["esm", "cjs"] as const).flatMap((format) =>
    [false, true].map((minify) => ({
      name: `esbuild, everything inlined, ${format}${minify ? ", minified" : ""}`,
      ...typed,
      compile: inlined({ format, minify }),
    })),
  ),
  ...(["esm", "cjs"] as const).flatMap((format) =>
    [false, true].map((isInlined) => ({
      name: `webpack, ${isInlined ? "everything inlined, " : ""}${format}`,
      form: MODULE,
      ending: module,
      compile: webpack(format, isInlined),
      argv: direct,
      // By its own loader of modules, in CommonJS.
      refused: format === "cjs" ? ["dynamic import"] : [],
    })),
  ),
];

const servers: readonly Runner[] = [15, 16].map((major) => ({
  name: `Next.js ${major}`,
  form: UNDECORATED,
  ending: nextEnding,
  files: { ...nextFiles("main.ts"), ...files },
  compile: buildNext(major),
  argv: direct,
  env: { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
  // Modules come by loaders of its own; the older one, webpack with SWC, also joins what a
  // constructor does into one expression.
  refused: ["dynamic import", ...(major === 15 ? ["arrow functions in fields"] : [])],
}));

export const runners: readonly Runner[] = [...plain, ...compiled, ...suites, ...servers];
