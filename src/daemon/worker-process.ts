/** One worker as an operating system process: start, output, end. */

import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import fs from "node:fs";
import type { Socket } from "node:net";
import { Deadline } from "../base/deadline.ts";
import { PIPES_CLOSE_MS, STDERR_TAIL_LINES } from "../base/limits.ts";
import { systemClock } from "../runtime/system.ts";
import { SocketTransport } from "../wire/socket.ts";
import type { Transport } from "../wire/transport.ts";
import type {
  ProcessState,
  WorkerExit,
  WorkerHandle,
  WorkerHandleEvents,
} from "./worker-handle.ts";
import { parseOwnBytes, parseProcess } from "./memory-files.ts";
import { killGroup } from "./process-group.ts";
import type { DaemonSettings } from "./settings.ts";
import { UnbornWorker } from "./unborn-worker.ts";

export function spawnWorker(
  settings: DaemonSettings,
  variables: Readonly<Record<string, string>>,
  events: WorkerHandleEvents,
): WorkerHandle {
  const env = { ...process.env, ...variables };
  if (settings.nodeOptions !== undefined) env["NODE_OPTIONS"] ??= settings.nodeOptions;
  const inspect = settings.inspect ? ["--inspect=127.0.0.1:0"] : [];
  const args = [...settings.execArgv, ...inspect, settings.workerProgram];
  const options = {
    cwd: settings.workingDirectory,
    env,
    // A session of its own: Ctrl-C does not reach it, and its children can be ended with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"] satisfies StdioOptions,
  };
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, args, options);
  } catch (error) {
    // Node throws some reasons, and tells others later.
    return new UnbornWorker(Promise.resolve(error as Error), events);
  }
  if (child.pid !== undefined) return new WorkerProcess(child, events);
  return new UnbornWorker(new Promise((resolve) => child.once("error", resolve)), events);
}

class WorkerProcess implements WorkerHandle {
  readonly transport: Transport;
  readonly #child: ChildProcess;
  readonly #events: WorkerHandleEvents;
  readonly #stderrTail: string[] = [];
  #hasExited = false;
  /** It has exited, and what it wrote has been read. */
  #isOver = false;
  residentBytes: number | undefined;

  constructor(child: ChildProcess, events: WorkerHandleEvents) {
    this.#child = child;
    this.#events = events;
    this.transport = new SocketTransport(child.stdio[3] as unknown as Socket);
    this.#forward(1, child.stdout!);
    this.#forward(2, child.stderr!);
    child.on("exit", (code, signal) => {
      this.#hasExited = true;
      this.kill();
      const exit = { exitCode: code ?? undefined, signal: signal ?? undefined };
      const deadline = new Deadline(systemClock, PIPES_CLOSE_MS, () => this.#over(exit));
      child.on("close", () => {
        deadline.callOff();
        this.#over(exit);
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Ends the process and all that it started in its group. */
  kill(): void {
    killGroup(this.pid);
  }

  measure(): ProcessState {
    const stat = this.#hasExited ? undefined : this.#read("stat");
    if (stat === undefined) return { isStopped: false, hasEnded: this.#hasExited };
    const { residentBytes, ...state } = parseProcess(stat);
    // A process that has just ended has none; what it had before is what matters.
    if (residentBytes > 0) this.residentBytes = residentBytes;
    return state;
  }

  ownBytes(): number | undefined {
    const statm = this.#read("statm");
    return statm === undefined ? undefined : parseOwnBytes(statm);
  }

  #read(file: string): string | undefined {
    try {
      return fs.readFileSync(`/proc/${this.pid}/${file}`, "utf8");
    } catch (error) {
      // It has just ended, or the system has no /proc.
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ENOENT" && code !== "ESRCH") throw error;
      return undefined;
    }
  }

  #forward(stream: 1 | 2, pipe: NodeJS.ReadableStream): void {
    pipe.setEncoding("utf8");
    pipe.on("data", (text: string) => {
      if (stream === 2) this.#keepTail(text);
      this.#events.output(stream, text);
    });
  }

  #keepTail(text: string): void {
    this.#stderrTail.push(...text.trimEnd().split("\n"));
    this.#stderrTail.splice(0, this.#stderrTail.length - STDERR_TAIL_LINES);
  }

  #over(exit: Partial<WorkerExit>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#events.exited({
      exitCode: undefined,
      signal: undefined,
      residentBytes: this.residentBytes,
      stderrTail: this.#stderrTail,
      ...exit,
    });
  }
}
