/** Running examples: what they need before, and how large they are where nobody waits for them. */

import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { rootDirectory, run } from "./run.ts";

const INSTALL_TIMEOUT_MS = 120_000;

/** Smaller than what a reader would run, where that takes a while. */
const SMALL_SIZES: Readonly<Record<string, readonly string[]>> = {
  "examples/numerical.ts": ["500", "3"],
  "examples/stateful.ts": ["2", "1"],
  "examples/expensive-init.ts": ["500", "2", "1"],
};

export function smallSizes(example: string): readonly string[] {
  return SMALL_SIZES[example] ?? [];
}

/**
 * Whether the packages are there that an example needs and Mobula does not: a package.json in the
 * folder of its name lists them.
 */
function hasPackages(example: string): boolean {
  const folder = packageFolder(example);
  // npm writes the second one last.
  return (
    !existsSync(join(folder, "package.json")) ||
    existsSync(join(folder, "node_modules/.package-lock.json"))
  );
}

/** Returns why that failed; undefined if the example has all that it needs. */
export async function installPackages(example: string): Promise<string | undefined> {
  if (hasPackages(example)) return undefined;
  const cwd = packageFolder(example);
  const { exitCode, output } = await run("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (exitCode === 0) return undefined;
  return (
    `Cannot install the packages of ${example}: npm ci in ${relative(rootDirectory, cwd)} ` +
    `exits with ${exitCode}; see what it says:\n${output.trimEnd()}`
  );
}

function packageFolder(example: string): string {
  return join(rootDirectory, example.replace(/\.ts$/, ""));
}
