/** Compilers and bundlers: each makes of an entry what is run. */

import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { installedIn } from "./nodes.ts";
import { succeed } from "../support/succeed.ts";

type Compile = (entry: string) => Promise<string>;

const require = createRequire(import.meta.url);

/** Compiles beside the sources. */
export function tsc(target: string, moduleKind: string): Compile {
  return async (entry) => {
    const options =
      `--noCheck --target ${target} --module ${moduleKind} --moduleResolution bundler ` +
      "--importHelpers --rewriteRelativeImportExtensions --esModuleInterop --sourceMap " +
      "--skipLibCheck --types node";
    const bin = require.resolve("typescript/bin/tsc");
    const resolution = moduleKind === "commonjs" ? options.replace("bundler", "node10") : options;
    await succeed(process.execPath, [bin, ...resolution.split(" "), entry], dirname(entry));
    return entry.replace(/\.ts$/, ".js");
  };
}

/** One file beside the sources, the package outside it. */
export function esbuild(options: BuildOptions): Compile {
  return async (entry) => {
    const outfile = join(dirname(entry), "bundle.mjs");
    await bundle(entry, { outfile, format: "esm", external: ["mobula"], ...options });
    return outfile;
  };
}

/** One file with the package in it, alone in a folder: no `node_modules` there, nor above. */
export function inlined(options: BuildOptions & { readonly format: "esm" | "cjs" }): Compile {
  return async (entry) => {
    const outfile = join(folderAlone(entry), options.format === "esm" ? "main.mjs" : "main.cjs");
    // Its own address has no meaning in CommonJS, and none is needed.
    await bundle(entry, { outfile, logOverride: { "empty-import-meta": "silent" }, ...options });
    return outfile;
  };
}

async function bundle(entry: string, options: BuildOptions): Promise<void> {
  const common = { bundle: true, platform: "node", target: "node20", logLevel: "error" } as const;
  await build({ entryPoints: [entry], ...common, ...options });
}

/** The program's folder is below that of the workspace in which the package is installed. */
function folderAlone(entry: string): string {
  const folder = dirname(entry);
  const alone = join(folder, "../../alone", basename(folder));
  mkdirSync(alone, { recursive: true });
  return alone;
}

/** As `esbuild` and `inlined`, by webpack, for production. */
export function webpack(format: "esm" | "cjs", isInlined: boolean): Compile {
  return async (entry) => {
    const folder = dirname(entry);
    const installed = await installedIn("webpack", ["webpack@5"]);
    const path = isInlined ? folderAlone(entry) : folder;
    const isModule = format === "esm";
    const external = isModule ? "module mobula" : "commonjs mobula";
    const config = {
      mode: "production",
      target: "node20",
      context: folder,
      entry,
      output: {
        path,
        filename: isModule ? "bundle.mjs" : "bundle.cjs",
        ...(isModule && { module: true, chunkFormat: "module" }),
      },
      ...(isModule && { experiments: { outputModule: true } }),
      externals: isInlined ? {} : { mobula: external },
    };
    const script =
      `import webpack from ${JSON.stringify(join(installed, "webpack/lib/index.js"))};\n` +
      `webpack(${JSON.stringify(config)}, (error, stats) => {\n` +
      "  if (error) throw error;\n" +
      "  if (stats.hasErrors()) throw new Error(stats.toString());\n});\n";
    const file = join(folder, "pack.mjs");
    writeFileSync(file, script);
    await succeed(process.execPath, [file], folder);
    return join(path, config.output.filename);
  };
}
