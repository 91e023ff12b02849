/** Packages of the registry that one runner needs, Node itself among them; kept for next time. */

import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rootDirectory } from "../../tools/run.ts";
import { succeed } from "../support/succeed.ts";
import { packagesIn } from "./project.ts";

const cache = join(rootDirectory, "node_modules/.cache/grid");
const { overrides } = JSON.parse(readFileSync(join(rootDirectory, "package.json"), "utf8")) as {
  overrides: unknown;
};

/** Path of the binary. The version that runs this needs no other. */
export async function provideNode(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  return join(await installedIn(`node-${major}`, [`${name}@${major}`]), name, "bin/node");
}

/** The `node_modules` of a folder of the cache, with `packages`. */
export async function installedIn(name: string, packages: readonly string[]): Promise<string> {
  const folder = join(cache, name);
  const installed = join(folder, "node_modules");
  const mark = join(folder, "complete.json");
  if (existsSync(mark)) return installed;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, overrides }));
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
  await succeed("npm", ["install", ...options, ...packages], folder);
  writeFileSync(mark, JSON.stringify(packages));
  return installed;
}

/** Lets the programs in `folder` have `packages` and what these need before those of all others. */
export async function link(
  folder: string,
  name: string,
  packages: readonly string[],
): Promise<void> {
  const installed = await installedIn(name, packages);
  for (const each of packagesIn(installed)) {
    const path = join(folder, "node_modules", each);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(installed, each), path);
  }
}
