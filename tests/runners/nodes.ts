/** Node in several versions, each as a package of the registry, kept for the next time. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootDirectory } from "../../tools/run.ts";
import { succeed } from "./project.ts";

const cache = join(rootDirectory, "node_modules/.cache/grid");

/** Path of the binary. The version that runs this needs no other. */
export async function provideNode(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await provide(`node-${major}`, [`${name}@${major}`]);
  return join(folder, "node_modules", name, "bin/node");
}

/** A folder of the cache with `packages` installed. */
export async function provide(name: string, packages: readonly string[]): Promise<string> {
  const folder = join(cache, name);
  const mark = join(folder, "complete.json");
  if (existsSync(mark)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
  await succeed("npm", ["install", ...options, ...packages], folder);
  writeFileSync(mark, JSON.stringify(packages));
  return folder;
}
