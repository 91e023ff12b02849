/** A folder for programs of users: the packed package is installed there, and what runs them. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rootDirectory, run, toolEnvironment } from "../../tools/run.ts";

const ours = join(rootDirectory, "node_modules");

export class Workspace implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "mobula-grid-"));

  /** Precondition: `dist/` is built. */
  static async create(): Promise<Workspace> {
    const workspace = new Workspace();
    await workspace.#install();
    return workspace;
  }

  /** A copy of the package, for links are followed: it must lie in `node_modules`. */
  async #install(): Promise<void> {
    const target = join(this.directory, "node_modules/mobula");
    mkdirSync(target, { recursive: true });
    const packing = ["pack", "--json", "--ignore-scripts", "--pack-destination", this.directory];
    const packed = await succeed("npm", packing);
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    await succeed("tar", ["-xzf", join(this.directory, filename), "-C", target, "--strip=1"]);
    for (const name of packagesIn(ours)) {
      const link = join(this.directory, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      if (name !== "mobula") symlinkSync(join(ours, name), link);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** With scopes; neither `.bin` nor `.cache`. */
function packagesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith("."));
  return names.flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(folder, name)).map((each) => `${name}/${each}`) : name,
  );
}

/** Standard output of a command that must not fail. */
export async function succeed(
  command: string,
  args: readonly string[],
  cwd: string = rootDirectory,
): Promise<string> {
  const { exitCode, output, stdout } = await run(command, args, { cwd, env: toolEnvironment() });
  if (exitCode !== 0) {
    throw new Error(`Cannot run ${command} ${args.join(" ")}: exit code ${exitCode}\n${output}`);
  }
  return stdout;
}
