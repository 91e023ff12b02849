/**
 * Transpiles `bench/` to plain JavaScript in `bench/results/build`. Contenders run without a
 * TypeScript loader: it would sit in the processes whose start and memory are measured.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import typescript from "typescript";

const SOURCE = new URL("../", import.meta.url);
const FOLDERS = ["cases", "contenders", "harness", "jobs", "programs"];
/** An example that a case measures: it lies beside the build as it lies beside `bench/`. */
const EXAMPLES = "../examples/numerical";

/** Returns the folder of the fresh build, which has the layout of `bench/`. */
export async function build(): Promise<URL> {
  const target = new URL("results/build/", SOURCE);
  await rm(target, { recursive: true, force: true });
  for (const folder of [...FOLDERS, EXAMPLES]) {
    await mkdir(new URL(`${folder}/`, target), { recursive: true });
    const names = await readdir(new URL(`${folder}/`, SOURCE));
    for (const name of names.filter((each) => each.endsWith(".ts"))) {
      const source = await readFile(new URL(`${folder}/${name}`, SOURCE), "utf8");
      const code = transpile(source);
      await writeFile(new URL(`${folder}/${name.replace(/\.ts$/, ".js")}`, target), code);
    }
  }
  // The codec is no part of the public names: it is taken from the source.
  await bundle({
    entryPoints: [fileURLToPath(new URL("codecs/codecs.ts", SOURCE))],
    outfile: fileURLToPath(new URL("codecs/codecs.js", target)),
    bundle: true,
    format: "esm",
    packages: "external",
    platform: "node",
    target: "node20",
  });
  return target;
}

function transpile(source: string): string {
  return typescript.transpileModule(source, {
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  }).outputText;
}
