/** Child processes of the tools: started, listened to, and never left behind. */

import { spawn } from "node:child_process";
import { resolve } from "node:path";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** 0, or what the command exited with; 1 if a signal or the time limit ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  /** Both streams, in the order they arrived. */
  readonly output: string;
}

/** The folder whose gates are checked: the package, or a fixture that imitates it. */
export const rootDirectory = process.cwd();

const binDirectory = resolve(rootDirectory, "node_modules/.bin");

/** The environment of the tools' children. Nested test runners must not think they are children. */
export function toolEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = `${binDirectory}:${process.env["PATH"] ?? ""}`;
  const env: NodeJS.ProcessEnv = { ...process.env, ...more, PATH: path };
  delete env["NODE_TEST_CONTEXT"];
  return env;
}

/** Runs a command to its end. A command that cannot be started, or takes too long, has failed. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { cwd = rootDirectory, env = toolEnvironment(), timeoutMs = 300_000 } = options;
  return new Promise((resolvePromise) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let output = "";
    const deadline = setTimeout(() => {
      output += `\nEnded after ${timeoutMs} ms: ${command} ${args.join(" ")}\n`;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => {
      clearTimeout(deadline);
      resolvePromise({ exitCode: 1, stdout, output: `${output}${String(error)}\n` });
    });
    child.on("close", (code) => {
      clearTimeout(deadline);
      resolvePromise({ exitCode: code ?? 1, stdout, output });
    });
  });
}
