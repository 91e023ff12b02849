/** What Vite makes of `import()` in modules that its test runner, Vitest, runs. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Edit } from "./edits.ts";
import type { Use } from "./free-variables.ts";

/** A function that asks the test runner's process; workers ask Node. */
export const DYNAMIC_IMPORT = "__vite_ssr_dynamic_import__";

/** A call with a path that Vite has resolved: absolute, or from the root of the project. */
const CALL = /^\(\s*(["'])(\/[^"']*)\1/;

/** Makes calls of it `import()` again; `source` is the code that has the uses. */
export function restoreImports(source: string, uses: readonly Use[]): Edit[] {
  return uses.map(({ start, end }) => {
    const [call, , path = ""] = CALL.exec(source.slice(end)) ?? [];
    if (call === undefined) return { start, end, text: "import" };
    const text = `import(${JSON.stringify(toUrl(path))}`;
    return { start, end: end + call.length, text };
  });
}

function toUrl(path: string): string {
  const absolute = path.replace(/^\/@fs\//, "/");
  const inProject = join(projectRoot(), path);
  return pathToFileURL(existsSync(inProject) ? inProject : absolute).href;
}

function projectRoot(): string {
  const state: unknown = Reflect.get(globalThis, "__vitest_worker__");
  const root = (state as { config?: { root?: unknown } } | undefined)?.config?.root;
  return typeof root === "string" ? root : process.cwd();
}
