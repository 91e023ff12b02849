/** The miniature package in a temporary folder, with this package's own tools and rules. */

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build, gates, runGateCommand } from "../../tools/gates.ts";
import { run, toolEnvironment, type RunResult } from "../../tools/run.ts";
import { miniature } from "./miniature.ts";

const root = join(import.meta.dirname, "../..");
const copied = [
  ...["tools", "eslint.config.js", "knip.json", ".dependency-cruiser.cjs", ".prettierrc.json"],
  ...[
    ".prettierignore",
    ".gitignore",
    "tsconfig.json",
    "tsconfig.build.json",
    "tests/types/tsconfig.json",
  ],
];

/** This package's manifest, asking only for what the miniature and its tools use. */
function manifest(): string {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const used = "@types/node esbuild eslint typescript-eslint knip prettier tsx typescript".split(
    " ",
  );
  const devDependencies = Object.fromEntries(used.map((name) => [name, own.devDependencies[name]]));
  const { workloads: _workloads, chaos: _chaos, simulate: _simulate, ...scripts } = own.scripts;
  const manifest = { ...own, scripts, dependencies: {}, devDependencies };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

export class Fixture implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "mobula-gates-"));
  /** Added to the environment of the gates. */
  environment: Readonly<Record<string, string>> = {};

  constructor() {
    for (const path of copied) cpSync(join(root, path), join(this.path, path), { recursive: true });
    // It runs examples that the miniature has not.
    this.remove("tools/workloads.ts");
    symlinkSync(join(root, "node_modules"), join(this.path, "node_modules"));
    this.write({ ...miniature, "package.json": manifest() });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, path)), { recursive: true });
      writeFileSync(join(this.path, path), text);
    }
  }

  remove(path: string): void {
    rmSync(join(this.path, path));
  }

  copy(path: string): void {
    cpSync(join(root, path), join(this.path, path), { recursive: true });
  }

  run(name: string): Promise<RunResult> {
    const gate = [build, ...gates].find((candidate) => candidate.name === name);
    assert(gate, `there is no gate "${name}"`);
    return runGateCommand(gate, {
      cwd: this.path,
      env: toolEnvironment(this.environment),
    });
  }

  /** What `npm test` runs. */
  check(...names: readonly string[]): Promise<RunResult> {
    const args = ["--import", "tsx", "tools/check.ts", ...names];
    return run(process.execPath, args, { cwd: this.path, env: toolEnvironment(this.environment) });
  }

  async assertPasses(name: string): Promise<void> {
    const { exitCode, output } = await this.run(name);
    assert.equal(exitCode, 0, `${name} found fault with the miniature:\n${output}`);
  }

  /** Plants `files`, expects gate `name` to fail with all of `complaints`, and digs them out. */
  async assertFinds(
    name: string,
    files: Readonly<Record<string, string>>,
    ...complaints: readonly (string | RegExp)[]
  ): Promise<string> {
    const before = Object.keys(files).map((path) => [path, this.#read(path)] as const);
    this.write(files);
    const { exitCode, output } = await this.run(name);
    for (const [path, text] of before) {
      if (text === undefined) this.remove(path);
      else this.write({ [path]: text });
    }
    assert.notEqual(exitCode, 0, `${name} found nothing:\n${output}`);
    for (const complaint of complaints) {
      const isNamed =
        typeof complaint === "string" ? output.includes(complaint) : complaint.test(output);
      assert(isNamed, `${name} does not name ${String(complaint)}:\n${output}`);
    }
    return output;
  }

  #read(path: string): string | undefined {
    const file = join(this.path, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
