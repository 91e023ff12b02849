/**
 * Builds `dist/`: types by `tsc`, and the code by `esbuild` as a few files, because each of the
 * three processes of a runtime loads it when it starts. What no source stands behind any more is
 * removed at the end, so that a program that runs from `dist/` meanwhile never sees it empty.
 */

import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { rootDirectory, run } from "./run.ts";

const dist = join(rootDirectory, "dist");

/** The programs of the processes that a runtime starts. */
const PROGRAMS = ["daemon", "worker"].filter((program) => {
  return existsSync(join(rootDirectory, `src/${program}/main.ts`));
});

const COMMON = {
  absWorkingDir: rootDirectory,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Half the source to read when a process starts; names stay, for stack traces.
  minifyWhitespace: true,
  lineLimit: 120,
  logLevel: "warning",
} satisfies BuildOptions;

/** A program with all that it needs in one text; the native library is found or done without. */
async function embed(program: string): Promise<string> {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [`src/${program}/main.ts`],
    external: ["koffi"],
    minify: true,
    write: false,
  });
  return brotliCompressSync(outputFiles[0]!.contents).toString("base64");
}

/** Takes the place of `src/driver/embedded-programs.ts`. */
async function embeddedPrograms(): Promise<Plugin> {
  const texts = await Promise.all(
    PROGRAMS.map(async (program) => [program, await embed(program)] as const),
  );
  const programs = JSON.stringify(Object.fromEntries(texts));
  return {
    name: "embedded programs",
    setup(context) {
      context.onLoad({ filter: /[\\/]embedded-programs\.ts$/ }, () => ({
        contents: `export const embeddedPrograms = ${programs};`,
      }));
    },
  };
}

/** One file: what it shares with the runtime must not cut that into more pieces. */
async function bundleCli(): Promise<string[]> {
  if (!existsSync(join(rootDirectory, "src/cli/main.ts"))) return [];
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [{ in: "src/cli/main.ts", out: "cli/mobula" }],
    outdir: "dist",
    packages: "external",
    sourcemap: "linked",
    sourcesContent: false,
    metafile: true,
  });
  chmodSync(join(dist, "cli/mobula.js"), 0o755);
  return Object.keys(metafile.outputs);
}

/** The package's doors beside the main one. */
function doors(): { in: string; out: string }[] {
  const testing = "src/testing/index.ts";
  return existsSync(join(rootDirectory, testing)) ? [{ in: testing, out: "testing/index" }] : [];
}

async function bundle(): Promise<Set<string>> {
  const programs = PROGRAMS.map((program) => {
    return { in: `src/${program}/main.ts`, out: `${program}/mobula-${program}` };
  });
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [{ in: "src/index.ts", out: "index" }, ...doors(), ...programs],
    outdir: "dist",
    plugins: [await embeddedPrograms()],
    // Code finds the programs relative to its own file: what they share must lie as deep as it
    // does in `src`.
    chunkNames: "shared/[hash]",
    splitting: true,
    packages: "external",
    // They lead to `src`, which is in the package as well.
    sourcemap: "linked",
    sourcesContent: false,
    metafile: true,
  });
  const files = [...Object.keys(metafile.outputs), ...(await bundleCli())];
  return new Set(files.map((file) => relative("dist", file)));
}

function removeStale(bundled: ReadonlySet<string>): void {
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const types = /\.d\.ts(\.map)?$/;
    const source = join(rootDirectory, "src", path.replace(types, ".ts"));
    const isCode = /\.js(\.map)?$/.test(path);
    const isStale = types.test(path) ? !existsSync(source) : isCode && !bundled.has(path);
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
