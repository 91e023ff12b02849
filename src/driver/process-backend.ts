/** Daemon and workers as processes, linked by unix sockets. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { Deadline } from "../base/deadline.ts";
import { DAEMON_END_MS, STDERR_TAIL_LINES } from "../base/limits.ts";
import {
  createSessionDirectory,
  removeSessionDirectories,
  SocketAddresses,
} from "../daemon/session-directory.ts";
import { killGroup } from "../daemon/process-group.ts";
import { isSource } from "../closure/package-files.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import type { StoreDirectories } from "../store/store.ts";
import { systemClock, systemSurroundings } from "../runtime/system.ts";
import { connect, listen, SocketTransport } from "../wire/socket.ts";
import type { Transport } from "../wire/transport.ts";
import type { Backend } from "./backend.ts";
import type { DaemonEnd } from "./daemon-end.ts";
import { getPrograms } from "./programs.ts";
import { createStoreDirectories, storeLimitBytes } from "./store-directories.ts";

const STDERR_CHARS_MAX = 4096;

export class ProcessBackend implements Backend {
  readonly directory: string;
  readonly directories: StoreDirectories;
  readonly transport: Transport;
  readonly workerProgram: string;
  readonly surroundings = systemSurroundings;
  readonly #addresses: SocketAddresses;
  readonly #daemon: ChildProcess;
  /** The daemon has ended, and all that it wrote has been read. */
  readonly #closed: Promise<void>;
  /** Process groups of workers, to be ended should the daemon be killed. */
  readonly #workerPids = new Set<number>();
  /** To be removed at the end. */
  readonly #made = new Set<string>();
  #server: Server | undefined;
  #stderr = "";

  /** `env` is what the workers get. Throws EnvironmentSetupError. */
  constructor(sessionId: string, env: NodeJS.ProcessEnv, spillDirectory: string | undefined) {
    this.directory = createSessionDirectory(sessionId);
    this.#made.add(this.directory);
    try {
      this.directories = createStoreDirectories(sessionId, spillDirectory);
      this.#made.add(this.directories.memoryDirectory).add(this.directories.diskDirectory);
      this.#addresses = new SocketAddresses(this.directory);
      const { daemon, worker } = getPrograms(this.directory);
      this.workerProgram = worker;
      this.#daemon = spawnDaemon(daemon, this.#made, env);
    } catch (error) {
      removeSessionDirectories(this.#made);
      throw error;
    }
    const stderr = this.#daemon.stderr as unknown as Socket;
    stderr.setEncoding("utf8").unref();
    stderr.on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARS_MAX);
    });
    this.#daemon.on("error", (error) => (this.#stderr += error.message));
    this.#closed = new Promise((resolve) => this.#daemon.once("close", () => resolve()));
    this.#daemon.unref();
    this.transport = new SocketTransport(this.#daemon.stdio[3] as unknown as Socket);
    this.transport.setReferenced(false);
  }

  storeLimitBytes(requestedBytes: number | undefined, warn: (text: string) => void): number {
    return storeLimitBytes(this.directories, requestedBytes, warn);
  }

  open(processId: number): Transport {
    return connect(this.#addresses.of(processId));
  }

  async listen(onConnection: (transport: Transport) => void): Promise<void> {
    this.#server = await listen(this.#addresses.of(DRIVER_ID), onConnection);
    this.#server.unref();
  }

  workerStarted(pid: number): void {
    this.#workerPids.add(pid);
  }

  /** Its number may be given to another process from now on. */
  workerExited(pid: number): void {
    this.#workerPids.delete(pid);
  }

  async daemonGone(): Promise<DaemonEnd> {
    this.#endWorkers();
    await this.#daemonOver();
    const { pid, exitCode, signalCode } = this.#daemon;
    const stderr = this.#stderr.trim();
    return {
      pid,
      exitCode: exitCode ?? undefined,
      signal: signalCode ?? undefined,
      stderrTail: stderr === "" ? [] : stderr.split("\n").slice(-STDERR_TAIL_LINES),
    };
  }

  /** Alive until it is known: the program may wait for nothing but calls that are to reject. */
  #daemonOver(): Promise<void> {
    return new Promise((resolve) => {
      const deadline = new Deadline(systemClock, DAEMON_END_MS, resolve);
      void this.#closed.then(() => {
        deadline.callOff();
        resolve();
      });
    });
  }

  #endWorkers(): void {
    for (const pid of this.#workerPids) killGroup(pid);
    this.#workerPids.clear();
  }

  wakeDaemon(): void {
    this.#daemon.kill("SIGCONT");
  }

  async close(): Promise<void> {
    this.#server?.close();
    const daemon = this.#daemon;
    if (daemon.pid === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.ref();
    await once(daemon, "exit");
  }

  cleanUp(): void {
    this.#server?.close();
    this.#endWorkers();
    if (this.#daemon.pid !== undefined) killGroup(this.#daemon.pid);
    removeSessionDirectories(this.#made);
  }
}

/** The daemon runs without the user's Node options. */
function spawnDaemon(
  program: string,
  directories: Iterable<string>,
  env: NodeJS.ProcessEnv,
): ChildProcess {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _test, ...rest } = env;
  const execArgv = isSource ? ["--import", "tsx"] : [];
  return spawn(process.execPath, [...execArgv, program, ...directories], {
    env: rest,
    // A session of its own: signals of the terminal do not reach it.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
}
