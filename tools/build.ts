/**
 * Builds `dist/`: types by `tsc`, and the code by `esbuild` as a few files, because each of the
 * three processes of a runtime loads it when it starts. What no source stands behind any more is
 * removed at the end, so that a program that runs from `dist/` meanwhile never sees it empty.
 */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { rootDirectory, run } from "./run.ts";

const dist = join(rootDirectory, "dist");

/** The package, and each process that it starts. */
function findEntries(): string[] {
  const processes = readdirSync(join(rootDirectory, "src"))
    .map((folder) => `src/${folder}/main.ts`)
    .filter((entry) => existsSync(join(rootDirectory, entry)));
  return ["src/index.ts", ...processes];
}

async function bundle(): Promise<Set<string>> {
  const { metafile } = await build({
    absWorkingDir: rootDirectory,
    entryPoints: findEntries(),
    outbase: "src",
    outdir: "dist",
    // Code finds the others relative to its own file (`../daemon/main.js`): what they share must
    // lie as deep as it does in `src`.
    chunkNames: "shared/[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
    // Half the source to read when a process starts; names stay, for stack traces.
    minifyWhitespace: true,
    lineLimit: 120,
    metafile: true,
    logLevel: "warning",
  });
  return new Set(Object.keys(metafile.outputs).map((file) => relative("dist", file)));
}

function removeStale(bundled: ReadonlySet<string>): void {
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const isTypes = path.endsWith(".d.ts");
    const source = join(rootDirectory, "src", path.replace(/\.d\.ts$/, ".ts"));
    const isStale = isTypes ? !existsSync(source) : path.endsWith(".js") && !bundled.has(path);
    if (isStale) rmSync(join(dist, path));
  }
}

const [types, bundled] = await Promise.all([
  run("tsc", ["-p", "tsconfig.build.json", "--emitDeclarationOnly"]),
  bundle(),
]);
process.stdout.write(types.output);
process.exitCode = types.exitCode;
if (types.exitCode === 0) removeStale(bundled);
