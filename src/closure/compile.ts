/** Compiles source text as if it stood in a file: stack traces and `import()` refer to it. */

import { findSourceMap } from "node:module";
import { compileFunction, constants } from "node:vm";

let isQuiet = false;

/** Begins code whose positions are those of the user's file though that was compiled. */
const MAPPED = "/*mapped*/";

interface Origin {
  readonly url: string;
  readonly line: number;
  readonly isMapped: boolean;
  readonly isOfEntry: boolean;
}

/** Runs `source`, the body of a function, whose second line is `line` of its file. */
export function runAs({ url, line, isMapped, isOfEntry }: Origin, source: string): unknown {
  const name = isMapped && (!isOfEntry || findSourceMap(url)) ? respell(url) : url;
  return runIn(name, isMapped ? MAPPED + source : source, line - 1);
}

/**
 * Another spelling of the URL. Under a file's own name Node applies the source map of that file,
 * once it is loaded here, to positions that are the user's already.
 */
function respell(url: string): string {
  return url.startsWith("file:") ? url.replace(/\/(?=[^/]*$)/, "/./") : url;
}

/** The file that code was compiled as, and whether its positions are the user's already. */
export function readOrigin(url: string, source: string): { url: string; isMapped: boolean } {
  const isMapped = source.startsWith(MAPPED);
  return { url: isMapped ? url.replace(/\/\.\/(?=[^/]*$)/, "/") : url, isMapped };
}

/** Runs `source`, the body of a function, and returns what it returns. */
export function runIn(url: string, source: string, lineOffset: number): unknown {
  if (!isQuiet) quieten();
  return compile(source, { ...(url === "" ? {} : { filename: url }), lineOffset });
}

function compile(source: string, options: { filename?: string; lineOffset?: number }): unknown {
  const run = compileFunction(source, [], {
    ...options,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as () => unknown;
  return run();
}

/**
 * Node warns at the first `import()` of code compiled this way that the option is experimental.
 * The user can do nothing about it, so that first one happens here, with nobody listening.
 */
function quieten(): void {
  isQuiet = true;
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    void compile(`return import("node:process")`, {});
  } finally {
    process.emitWarning = emitWarning;
  }
}
