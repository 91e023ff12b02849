/** Compiles source text as if it stood in a file: stack traces and `import()` refer to it. */

import { compileFunction, constants } from "node:vm";

let isQuiet = false;

/**
 * The name under which code with its lines put back is compiled: another spelling of its file.
 * Under the file's own name Node would apply the source map of the file, if it is loaded too.
 */
export function mappedUrl(url: string): string {
  return url.startsWith("file:") ? url.replace(/\/(?=[^/]*$)/, "/./") : url;
}

export function originalUrl(url: string): string {
  return url.startsWith("file:") ? url.replace(/\/\.\/(?=[^/]*$)/, "/") : url;
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
