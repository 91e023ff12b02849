/** Child processes of the tools: started, listened to, and never left behind. */

import { spawn, type ChildProcess } from "node:child_process";
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
  // Some tools colour what they print on CI machines, which nobody could compare.
  env["NO_COLOR"] = "1";
  delete env["FORCE_COLOR"];
  return env;
}

const running = new Set<ChildProcess>();
/** Between asking a group of processes to end and ending it. */
const GRACE_MS = 2_000;

// Each command leads a group, so that what it started ends with it. The terminal's signals do not
// reach such a group: they are passed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    for (const child of running) signalGroup(child, "SIGTERM");
    process.exit(1);
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // All of them have ended.
  }
}

/** Runs a command to its end. A command that cannot be started, or takes too long, has failed. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { cwd = rootDirectory, env = toolEnvironment(), timeoutMs = 300_000 } = options;
  return new Promise((resolvePromise) => {
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn(command, args, { cwd, env, stdio: [...stdio], detached: true });
    running.add(child);
    let stdout = "";
    let output = "";
    const deadline = setTimeout(() => {
      output += `\nEnded after ${timeoutMs} ms: ${command} ${args.join(" ")}\n`;
      signalGroup(child, "SIGTERM");
      setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MS).unref();
    }, timeoutMs);
    const settle = (exitCode: number): void => {
      clearTimeout(deadline);
      running.delete(child);
      resolvePromise({ exitCode, stdout, output });
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => {
      output += `${String(error)}\n`;
      settle(1);
    });
    child.on("close", (code) => settle(code ?? 1));
  });
}
