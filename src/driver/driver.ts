/** The runtime of a driver: starts the daemon, prints what workers write, and cleans up. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:net";
import { EnvironmentSetupError, RuntimeEndedError } from "../base/errors.ts";
import { Closures } from "../closure/closures.ts";
import { demandOf } from "../core/resources.ts";
import {
  createSessionDirectory,
  removeSessionDirectory,
  SocketAddresses,
} from "../daemon/session-directory.ts";
import { sendSettings, type DaemonSettings } from "../daemon/settings.ts";
import type { ResourcesAnswer } from "../runtime/daemon-link.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import type { Peer } from "../runtime/peers.ts";
import { Runtime, type RuntimeHost } from "../runtime/runtime.ts";
import { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import { connect, listen } from "../wire/socket.ts";
import { spawnDaemon, type DaemonProcess } from "./spawn-daemon.ts";

/** What a driver wants of its runtime; `api/init.ts` makes it from the user's options. */
export interface DriverOptions {
  readonly resources: Readonly<Record<string, number>>;
  readonly env: NodeJS.ProcessEnv;
  readonly nodeOptions: string | undefined;
  readonly execArgv: readonly string[];
  readonly entryUrl: string | undefined;
  readonly logToDriver: boolean;
  readonly inspect: boolean;
  readonly pollingUs: number;
  readonly remoteFunctions: RemoteFunctions;
  /** The runtime is over. */
  readonly onEnded: () => void;
}

export class Driver implements RuntimeHost {
  readonly runtime: Runtime;
  readonly #options: DriverOptions;
  readonly #directory: string;
  readonly #daemon: DaemonProcess;
  /** Process groups of workers, to be ended should the daemon be killed. */
  readonly #workerPids = new Set<number>();
  #server: Server | undefined;
  #isShuttingDown = false;
  #isBusy = false;
  /** Answers of the daemon that the program waits for. */
  #awaited = 0;
  #started!: () => void;
  #failed!: (error: Error) => void;
  readonly #start: Promise<void>;

  constructor(options: DriverOptions) {
    this.#options = options;
    const sessionId = randomBytes(8).toString("hex");
    const token = randomBytes(32).toString("hex");
    this.#directory = createSessionDirectory(sessionId);
    const addresses = new SocketAddresses(this.#directory);
    this.#daemon = spawnDaemon(options.env);
    this.#start = new Promise((resolve, reject) => {
      this.#started = resolve;
      this.#failed = reject;
    });
    // Whoever does not wait for the start learns of a failure from the first call.
    this.#start.catch(() => undefined);
    this.runtime = new Runtime({
      identity: { processId: DRIVER_ID, role: "driver", sessionId, token, pid: process.pid },
      total: demandOf(options.resources),
      linkToDaemon: (onFrame, onClose) => new Link(this.#daemon.transport, onFrame, onClose),
      open: (processId) => connect(addresses.of(processId)),
      closures: new Closures({ entryUrl: options.entryUrl }),
      remoteFunctions: options.remoteFunctions,
      pollingUs: options.pollingUs,
      nowMs: () => performance.now(),
      warn: (text) => void process.stderr.write(text),
      nodeOptions: options.nodeOptions,
      host: this,
    });
    this.#configure(sessionId, token);
    this.#listen(addresses);
    process.once("exit", this.#exiting);
  }

  #configure(sessionId: string, token: string): void {
    const { resources, pollingUs, entryUrl, logToDriver } = this.#options;
    const { execArgv, nodeOptions, inspect } = this.#options;
    const settings: DaemonSettings = {
      ...{ sessionId, token, directory: this.#directory },
      ...{ pollingUs, entryUrl, logToDriver, execArgv, nodeOptions, inspect },
      total: resources,
      workingDirectory: process.cwd(),
      warmWorkers: Math.max(1, Math.ceil(resources["CPU"] ?? 0)),
    };
    sendSettings(this.runtime.daemon.link, Kind.configureDaemon, settings);
  }

  #listen(addresses: SocketAddresses): void {
    listen(addresses.of(DRIVER_ID), (transport) => this.runtime.peers.accept(transport)).then(
      (server) => {
        this.#server = server;
        server.unref();
      },
      (error: Error) => this.#end(setupError("listen for workers", error.message, error)),
    );
  }

  // RuntimeHost.

  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    this.#updateReference();
  }

  /** The daemon's link is what keeps the program alive while something is awaited. */
  #updateReference(): void {
    this.#daemon.transport.setReferenced(this.#isBusy || this.#awaited > 0);
  }

  async #keepAliveFor<T>(promise: Promise<T>): Promise<T> {
    this.#awaited++;
    this.#updateReference();
    try {
      return await promise;
    } finally {
      this.#awaited--;
      this.#updateReference();
    }
  }

  /** Resolves when the daemon is there; rejects if it cannot start. */
  started(): Promise<void> {
    return this.#keepAliveFor(this.#start);
  }

  frame(): boolean {
    return false;
  }

  output(_peer: Peer, stream: 1 | 2, name: string, pid: number, text: string): void {
    if (!this.#options.logToDriver) return;
    const lines = text.endsWith("\n") ? text.slice(0, -1) : text;
    const prefixed = lines.replace(/^/gm, `(${name} pid=${pid}) `);
    (stream === 1 ? process.stdout : process.stderr).write(`${prefixed}\n`);
  }

  retire(): void {
    // Only workers are asked to retire.
  }

  welcome(): void {
    this.#started();
  }

  workerStarted(pid: number): void {
    this.#workerPids.add(pid);
  }

  ended(): void {
    if (this.#isShuttingDown) return;
    const stderr = this.#daemon.stderr().trim();
    this.#end(
      new RuntimeEndedError(
        "Cannot go on: the daemon of this runtime has ended; call init() to start a new one" +
          (stderr === "" ? "" : `\n${stderr}`),
      ),
    );
  }

  /** Ends everything, also what the daemon would have ended. */
  #end(error: Error): void {
    if (this.#isShuttingDown) return;
    this.#isShuttingDown = true;
    this.#failed(error);
    this.#close(error);
    for (const pid of this.#workerPids) killGroup(pid);
    if (this.#daemon.child.pid !== undefined) killGroup(this.#daemon.child.pid);
    removeSessionDirectory(this.#directory);
    this.#options.onEnded();
  }

  #close(error: Error): void {
    process.removeListener("exit", this.#exiting);
    this.#server?.close();
    this.runtime.end(error);
  }

  /** Ends the runtime. Pending calls reject; resolves when no process and no file is left. */
  async shutdown(): Promise<void> {
    const child = this.#daemon.child;
    const isRunning = child.exitCode === null && child.signalCode === null;
    const exited = isRunning ? once(child, "exit") : undefined;
    if (!this.#isShuttingDown) {
      this.#isShuttingDown = true;
      this.runtime.daemon.shutdown();
      this.#failed(new RuntimeEndedError("Cannot start: the runtime was shut down"));
      this.#close(new RuntimeEndedError("Cannot finish: the runtime was shut down; call init()"));
      this.runtime.unseen.reportAll();
      this.#options.onEnded();
    }
    child.ref();
    await exited;
  }

  resources(): Promise<ResourcesAnswer> {
    return this.#keepAliveFor(this.runtime.daemon.askResources());
  }

  readonly #exiting = (): void => {
    this.runtime.unseen.reportAll();
  };
}

function setupError(act: string, reason: string, cause: unknown): EnvironmentSetupError {
  return new EnvironmentSetupError(`Cannot ${act}: ${reason}`, {}, cause);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // Nobody is left in the group.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
