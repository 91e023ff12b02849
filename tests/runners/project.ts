/** A folder for programs of users: the packed package is installed there, and what runs them. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rootDirectory } from "../../tools/run.ts";
import { succeed } from "../support/succeed.ts";

const ours = join(rootDirectory, "node_modules");

export class Workspace implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), "mobula-grid-"));
  /** Programs below it have the package; beside it they have nothing. */
  readonly directory = join(this.#root, "project");

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
    const packing = ["pack", "--json", "--ignore-scripts", "--pack-destination", this.#root];
    const packed = await succeed("npm", packing);
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    await succeed("tar", ["-xzf", join(this.#root, filename), "-C", target, "--strip=1"]);
    for (const name of packagesIn(ours)) {
      const link = join(this.directory, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      if (name !== "mobula") symlinkSync(join(ours, name), link);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true });
  }
}

/** With scopes; neither `.bin` nor `.cache`. */
export function packagesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith("."));
  return names.flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(folder, name)).map((each) => `${name}/${each}`) : name,
  );
}
