/** Programs of users, run as processes of their own. */

import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Sandbox } from "./sandbox.ts";
import { within } from "./within.ts";

export interface ProgramOptions {
  /** Node's own arguments. */
  readonly flags?: readonly string[];
  /** A command and its arguments that runs Node: `["taskset", "-c", "0"]`. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Of the file that the source is written to. Default ".mjs". */
  readonly extension?: string;
}

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nested test runners must not take a program for one of their tests. */
function environment(sandbox: Sandbox, more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...own } = process.env;
  return { ...own, ...sandbox.env, ...more };
}

export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramResult>;
  #stdout = "";
  #stderr = "";
  readonly #looks = new Set<() => void>();

  constructor(sandbox: Sandbox, source: string, options: ProgramOptions = {}) {
    const file = sandbox.newPath(options.extension ?? ".mjs");
    writeFileSync(file, source);
    const command = [...(options.under ?? []), process.execPath, ...(options.flags ?? []), file];
    this.child = spawn(command[0]!, command.slice(1), {
      cwd: options.cwd ?? sandbox.directory,
      env: environment(sandbox, options.env ?? {}),
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (this.child.pid !== undefined) sandbox.started(this.child.pid);
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => this.#wrote(text, ""));
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => this.#wrote("", text));
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (exitCode, signal) => {
        resolve({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  #wrote(stdout: string, stderr: string): void {
    this.#stdout += stdout;
    this.#stderr += stderr;
    for (const look of [...this.#looks]) look();
  }

  /** Waits until standard output has a match; gives its first group, or all of it. */
  printed(pattern: RegExp): Promise<string> {
    return this.#wait(pattern, () => this.#stdout);
  }

  /** The same for standard error. */
  printedError(pattern: RegExp): Promise<string> {
    return this.#wait(pattern, () => this.#stderr);
  }

  async #wait(pattern: RegExp, output: () => string): Promise<string> {
    let look!: () => void;
    const found = new Promise<string>((resolve) => {
      look = () => {
        const match = pattern.exec(output());
        if (match !== null) resolve(match[1] ?? match[0]);
      };
    });
    this.#looks.add(look);
    look();
    try {
      return await within(found, () => `not printed ${String(pattern)}:\n${this.#all()}`);
    } finally {
      this.#looks.delete(look);
    }
  }

  #all(): string {
    return `${this.#stdout}\n${this.#stderr}`;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  end(): Promise<ProgramResult> {
    return within(this.ended, () => `the program runs still:\n${this.#all()}`);
  }
}

/** Runs a program to its end. */
export function runProgram(
  sandbox: Sandbox,
  source: string,
  options?: ProgramOptions,
): Promise<ProgramResult> {
  return new Program(sandbox, source, options).end();
}
