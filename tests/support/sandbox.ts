/**
 * A place of its own for what a test starts: a temporary directory, and a mark by which its
 * processes are known. At its end nothing may be left in it.
 */

import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Events, Permits } from "./fifo.ts";
import { isRunning, processesWith, type ProcessEntry } from "./processes.ts";
import { eventually } from "./within.ts";

const MARK = "MOBULA_TEST_SANDBOX";
const packageDirectory = join(import.meta.dirname, "../..");
const systemTemporaryDirectory = tmpdir();

/**
 * Nothing of a session may be left after this time, whatever ended it: some hundredths of a second,
 * but for a machine that lets processes wait for their turn.
 */
const GONE_WITHIN_MS = 3_000;

export class Sandbox implements AsyncDisposable {
  /** For programs and named pipes; they import "mobula" and "support/rendezvous.mjs" there. */
  readonly directory: string;
  /** What programs take for the system's temporary directory. */
  readonly temporaryDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #mark: string;
  readonly #pipes: Disposable[] = [];
  /** Programs that may have made sessions: this one, and those that were started here. */
  readonly #programs = new Set([process.pid]);
  #count = 0;

  /** The temporary directory's path has `pathBytes` bytes, or as few as it can. */
  constructor(pathBytes = 0) {
    this.directory = mkdtempSync(join(systemTemporaryDirectory, "mobula-test-"));
    const modules = join(this.directory, "node_modules");
    mkdirSync(modules);
    symlinkSync(packageDirectory, join(modules, "mobula"));
    symlinkSync(import.meta.dirname, join(modules, "support"));
    const short = join(this.directory, "t");
    this.temporaryDirectory = short.padEnd(pathBytes, "t");
    mkdirSync(this.temporaryDirectory);
    const mark = randomUUID();
    this.#mark = `${MARK}=${mark}`;
    this.env = { [MARK]: mark, TMPDIR: this.temporaryDirectory };
  }

  events(): Events {
    return this.#keep(new Events(this.newPath()));
  }

  permits(): Permits {
    return this.#keep(new Permits(this.newPath()));
  }

  /** A path in `directory` that nothing has yet. */
  newPath(extension = ""): string {
    return join(this.directory, `${++this.#count}${extension}`);
  }

  /** A program was started here: it is to leave nothing in shared memory, which all use. */
  started(pid: number): void {
    this.#programs.add(pid);
  }

  #keep<T extends Disposable>(pipe: T): T {
    this.#pipes.push(pipe);
    return pipe;
  }

  processes(): ProcessEntry[] {
    return processesWith(this.#mark);
  }

  /** Processes whose command contains `text`: "mobula worker", "mobula daemon". */
  pidsOf(text: string): number[] {
    const found = this.processes().filter(({ command }) => command.includes(text));
    return found.map(({ pid }) => pid);
  }

  /** Paths below the temporary directory, less what a TypeScript loader keeps there. */
  files(): string[] {
    return pathsBelow(this.temporaryDirectory).filter((path) => !path.startsWith("tsx-"));
  }

  async assertNothingLeft(): Promise<void> {
    await eventually(() => {
      const left = this.processes().map(({ pid, command }) => `process ${pid}: ${command}`);
      left.push(...this.files().map((file) => `file ${file}`));
      left.push(...abandonedStores(this.#programs).map((directory) => `store ${directory}`));
      return left.length === 0 ? undefined : `left behind:\n  ${left.join("\n  ")}`;
    }, GONE_WITHIN_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pipe of this.#pipes) pipe[Symbol.dispose]();
    try {
      await this.assertNothingLeft();
    } finally {
      // What a failed test leaves must not disturb the next one.
      for (const { pid } of this.processes()) process.kill(pid, "SIGKILL");
      rmSync(this.directory, { recursive: true });
    }
  }
}

function pathsBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch (error) {
    // A directory in it was removed meanwhile: what is there now is another list.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return pathsBelow(directory);
    throw error;
  }
}

/** Shared memory is one for all sandboxes: directories of stores whose program has ended. */
function abandonedStores(programs: ReadonlySet<number>): string[] {
  const parent = `/dev/shm/mobula-${process.getuid!()}`;
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .map((session) => join(parent, session))
    .filter((directory) => {
      const pid = ownerOf(directory);
      if (pid === undefined || !programs.has(pid)) return false;
      return pid === process.pid || !isRunning(pid);
    });
}

/** `undefined`: the directory is fresh, or on its way out. */
function ownerOf(directory: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(directory, "owner"), "utf8"), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
