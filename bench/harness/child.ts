/** The parent's side of a contender's process: starts it, asks it for rounds, ends it. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { PYTHON } from "./types.ts";
import type { Answer, ContenderName, Figures } from "./types.ts";

const START_TIMEOUT_MS = 120_000;
export const ROUND_TIMEOUT_MS = 180_000;
const CLOSE_TIMEOUT_MS = 10_000;

/** The contender cannot take part, for a reason that is no failure. */
export class Skipped extends Error {}

export class Child {
  readonly #process: ChildProcess;
  readonly #commands: Writable;
  readonly #answers: AsyncIterator<string>;
  readonly #exited: Promise<unknown[]>;

  private constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, { stdio: ["pipe", "inherit", "inherit", "pipe"] });
    this.#exited = once(this.#process, "close");
    this.#commands = this.#process.stdio[0] as Writable;
    // A process that is gone cannot be written to; that its answers end says so already.
    this.#commands.on("error", () => undefined);
    const input = this.#process.stdio[3] as Readable;
    this.#answers = createInterface({ input })[Symbol.asyncIterator]();
  }

  /** Resolves when the contender is warm. `build` is the folder of the transpiled bench. */
  static async start(contender: ContenderName, caseName: string, build: URL): Promise<Child> {
    const [command, file] = program(contender, build);
    const child = new Child(command, [fileURLToPath(file), contender, caseName]);
    try {
      await child.#next(START_TIMEOUT_MS);
      return child;
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  async round(timeoutMs: number): Promise<Figures> {
    this.#commands.write("round\n");
    const answer = await this.#next(timeoutMs);
    if (!("figures" in answer)) throw new Error("Cannot use the answer: it has no figures");
    return answer.figures;
  }

  /** Lets it shut down in its own way; past the deadline it is killed. */
  async close(): Promise<void> {
    const killer = setTimeout(() => this.#process.kill("SIGKILL"), CLOSE_TIMEOUT_MS);
    this.#commands.end();
    await this.#exited;
    clearTimeout(killer);
  }

  /** The next answer. A process that is late is killed, which ends its answers. */
  async #next(timeoutMs: number): Promise<Answer> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#process.kill("SIGKILL");
    }, timeoutMs);
    const line = await this.#answers.next();
    clearTimeout(timer);
    if (late) throw new Error(`Gave up: no answer within ${timeoutMs / 1_000} s`);
    if (line.done === true) throw new Error(await this.#ending());
    const answer = JSON.parse(line.value) as Answer;
    if ("skipped" in answer) throw new Skipped(answer.skipped);
    if ("failed" in answer) throw new Error(answer.failed);
    return answer;
  }

  async #ending(): Promise<string> {
    const [code, signal] = await this.#exited;
    const how = typeof signal === "string" ? signal : `exit code ${String(code)}`;
    return `The process ended without an answer (${how})`;
  }
}

function program(contender: ContenderName, build: URL): [command: string, file: URL] {
  if (!(PYTHON as readonly string[]).includes(contender)) {
    return [process.execPath, new URL("harness/host.js", build)];
  }
  const python = process.env["MOBULA_BENCH_PYTHON"];
  if (python === undefined) throw new Skipped("MOBULA_BENCH_PYTHON names no Python");
  return [python, new URL("../python/host.py", import.meta.url)];
}
