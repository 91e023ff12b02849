/** Runs small programs that ship functions, in processes of their own. */

import { execFile } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const kit = new URL("kit/", import.meta.url);
const modules = join(import.meta.dirname, "../../node_modules");
/** What the kit needs of the package, as one file that plain Node can run. */
const LIBRARY = `
  export { MsgpackReader, MsgpackWriter } from "./base/msgpack.ts";
  export { Closures } from "./closure/closures.ts";
  export { decodeValue } from "./values/decode.ts";
  export { encodeValue } from "./values/encode.ts";
`;
/** Inside the package, so that it finds what it depends on; each test file has its own. */
const library = join(modules, `.cache/closure-kit/${process.pid}.mjs`);
await build({
  stdin: { contents: LIBRARY, resolveDir: join(import.meta.dirname, "../../src") },
  outfile: library,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
});
after(() => rm(library));

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs `node ...argv` in `folder`; programs find the kit through their environment. */
export function runNode(folder: string, argv: readonly string[], stdin = ""): Promise<Outcome> {
  const env = {
    ...process.env,
    LIBRARY: pathToFileURL(library).href,
    CALL: new URL("sender.mjs", kit).href,
    GRID: new URL("grid.mjs", kit).href,
  };
  const options = { cwd: folder, env, maxBuffer: 64 * 2 ** 20 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      const exitCode = typeof error?.code === "number" ? error.code : error ? 1 : 0;
      resolve({ stdout, stderr, exitCode });
    });
    child.stdin?.end(stdin);
  });
}

/** Runs `use` with a folder that holds `files` and goes away afterwards. */
export async function withFiles<Result>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "closure-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
