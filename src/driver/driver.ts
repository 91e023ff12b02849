/** The runtime of a driver: starts it, prints what workers write, and ends it. */

import { randomBytes } from "node:crypto";
import { EnvironmentSetupError, RuntimeEndedError } from "../base/errors.ts";
import { describeFaults, type FaultSettings } from "../base/fault-settings.ts";
import { Closures } from "../closure/closures.ts";
import { CPU, demandOf } from "../core/resources.ts";
import { sendSettings, type DaemonSettings } from "../daemon/settings.ts";
import type { ResourcesAnswer } from "../runtime/daemon-link.ts";
import type { RuntimeEnd, RuntimeOwner } from "../runtime/current.ts";
import { openFaults, reportFaults } from "../runtime/fault-log.ts";
import { faultyLink } from "../runtime/faulty-link.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import type { Peer } from "../runtime/peers.ts";
import { Runtime, type RuntimeHost } from "../runtime/runtime.ts";
import { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import type { StoreSettings } from "../store/store.ts";
import type { Backend } from "./backend.ts";
import { daemonEndedError } from "./daemon-end.ts";
import { OutputLines } from "./output-lines.ts";

/** What a driver wants of its runtime; `api/init.ts` makes it from the user's options. */
export interface DriverOptions {
  /** Where daemon and workers are to live. Throws EnvironmentSetupError. */
  readonly makeBackend: (sessionId: string, warn: (text: string) => void) => Backend;
  readonly resources: Readonly<Record<string, number>>;
  readonly nodeOptions: string | undefined;
  readonly execArgv: readonly string[];
  readonly entryUrl: string | undefined;
  readonly logToDriver: boolean;
  /** Writes a warning for the user. */
  readonly warn: (text: string) => void;
  readonly inspect: boolean;
  readonly memoryUsageMax: number;
  readonly actorsMax: number;
  readonly frozenWorkerMs: number;
  readonly pollingUs: number;
  /** Remember where each object was made. */
  readonly recordSites: boolean;
  /** Memory for stored objects. */
  readonly objectStoreBytes: number | undefined;
  readonly storedBytesMin: number;
  /** Of actors' names. */
  readonly namespace: string;
  readonly faults: FaultSettings | undefined;
  readonly remoteFunctions: RemoteFunctions;
  /** Tells runtimes that were started with different options apart. */
  readonly fingerprint: string;
  /** The runtime is over. */
  readonly onEnded: (end: RuntimeEnd) => void;
}

/** The driver's place in the count of the store's memory; workers get the others. */
const DRIVER_SLOT = 0;

/** A later runtime of this program knows the functions of an earlier one. */
let closures: Closures | undefined;

function closuresFor(entryUrl: string | undefined): Closures {
  closures ??= new Closures({ entryUrl });
  return closures;
}

export class Driver implements RuntimeHost, RuntimeOwner {
  readonly runtime: Runtime;
  readonly #options: DriverOptions;
  readonly #backend: Backend;
  readonly #store: StoreSettings;
  #isEnding = false;
  readonly #end: RuntimeEnd = { error: undefined };
  /** How it ended is about to be known. */
  #isDaemonGone = false;
  #isBusy = false;
  /** Answers of the daemon that the program waits for. */
  #awaited = 0;
  #started!: () => void;
  #failed!: (error: Error) => void;
  readonly #start: Promise<void>;

  readonly #output = new OutputLines((stream, lines) => {
    (stream === 1 ? process.stdout : process.stderr).write(lines);
  });

  /** Throws EnvironmentSetupError if the runtime cannot start here. */
  constructor(options: DriverOptions) {
    this.#options = options;
    const sessionId = randomBytes(8).toString("hex");
    const token = randomBytes(32).toString("hex");
    const { warn } = options;
    const backend = options.makeBackend(sessionId, warn);
    const { surroundings } = backend;
    const { objectStoreBytes, storedBytesMin } = options;
    const limitBytes = backend.storeLimitBytes(objectStoreBytes, warn);
    this.#store = { ...backend.directories, limitBytes, storedBytesMin };
    this.#backend = backend;
    this.#start = new Promise((resolve, reject) => {
      this.#started = resolve;
      this.#failed = reject;
    });
    this.#start.catch(() => {
      // Whoever does not wait for the start learns of a failure from the first call.
    });
    const faults = openFaults(options.faults, DRIVER_ID, this.#store.memoryDirectory);
    const { transport } = backend;
    const { clock } = surroundings;
    const toDaemon = faults === undefined ? transport : faultyLink(transport, faults, clock, false);
    const place = { ...this.#store, processId: DRIVER_ID, slot: DRIVER_SLOT };
    const boards = surroundings.makeBoards(place);
    this.runtime = new Runtime({
      identity: { processId: DRIVER_ID, role: "driver", sessionId, token, pid: process.pid },
      total: demandOf(options.resources),
      linkToDaemon: (onFrame, onClose) => new Link(toDaemon, onFrame, onClose),
      open: (processId) => backend.open(processId),
      closures: closuresFor(options.entryUrl),
      store: surroundings.makeStore({
        ...place,
        isFull: faults && (() => faults.happens("store-full")),
      }),
      boards,
      remoteFunctions: options.remoteFunctions,
      faults,
      pollingUs: options.pollingUs,
      recordSites: options.recordSites,
      namespace: options.namespace,
      // A driver runs no calls that others could wait for.
      hasOtherWork: () => true,
      surroundings,
      warn,
      nodeOptions: options.nodeOptions,
      host: this,
    });
    if (options.faults !== undefined) {
      warn(`mobula: faults are on: ${describeFaults(options.faults)}\n`);
    }
    this.#configure(sessionId, token);
    // Takes some milliseconds, while the daemon starts. Workers look for the driver's board.
    surroundings.clock.setImmediate(() => boards.own());
    backend
      .listen((transport) => this.runtime.accept(transport))
      .catch((error: Error) => {
        const text = `Cannot listen for workers: ${error.message}`;
        this.end(new EnvironmentSetupError(text, {}, error));
      });
    process.once("exit", this.#exiting);
    process.on("beforeExit", this.#finishing);
  }

  #configure(sessionId: string, token: string): void {
    const { resources, pollingUs, entryUrl, logToDriver } = this.#options;
    const { execArgv, nodeOptions, inspect, recordSites, namespace, faults } = this.#options;
    const { memoryUsageMax, actorsMax, frozenWorkerMs } = this.#options;
    const settings: DaemonSettings = {
      ...{ sessionId, token, directory: this.#backend.directory, store: this.#store },
      workerProgram: this.#backend.workerProgram,
      ...{ pollingUs, entryUrl, logToDriver, execArgv, nodeOptions, inspect, recordSites },
      ...{ namespace, faults, memoryUsageMax, actorsMax, frozenWorkerMs },
      total: resources,
      workingDirectory: process.cwd(),
      warmWorkers: Math.max(1, Math.ceil(resources[CPU] ?? 0)),
    };
    sendSettings(this.runtime.daemon.link, Kind.configureDaemon, settings);
  }

  get fingerprint(): string {
    return this.#options.fingerprint;
  }

  /** Resolves when the daemon is there; rejects if it cannot start. */
  started(): Promise<void> {
    return this.#keepAliveFor(this.#start);
  }

  resources(): Promise<ResourcesAnswer> {
    return this.#keepAliveFor(this.runtime.daemon.askResources());
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

  // RuntimeHost.

  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    this.#updateReference();
  }

  /** The daemon's link is what keeps the program alive while something is awaited. */
  #updateReference(): void {
    this.#backend.transport.setReferenced(this.#isBusy || this.#awaited > 0);
  }

  frame(): boolean {
    return false;
  }

  output(_peer: Peer, stream: 1 | 2, name: string, pid: number, text: string): void {
    if (this.#options.logToDriver) this.#output.add(stream, name, pid, text);
  }

  processGone(_processId: number, pid: number): void {
    this.#output.processGone(pid);
  }

  retire(): void {
    // Only workers are asked to retire.
  }

  welcome(): void {
    this.#started();
  }

  workerStarted(pid: number): void {
    this.#backend.workerStarted(pid);
  }

  workerExited(pid: number): void {
    this.#backend.workerExited(pid);
  }

  ended(cause: Error | undefined): void {
    if (this.#isEnding || this.#isDaemonGone) return;
    this.#isDaemonGone = true;
    // Whoever calls from now on is told so; `init` starts another one.
    this.#options.onEnded(this.#end);
    this.#backend.daemonGone().then(
      // What the system says of a broken link is less than how the daemon ended.
      (end) => this.end(daemonEndedError(end, cause && "code" in cause ? undefined : cause)),
      (error: unknown) => this.end(error as Error),
    );
  }

  // Ends.

  /** The daemon is gone, or of no use any more: ends at once, also what it would have ended. */
  end(error: Error): void {
    if (this.#isEnding) return;
    this.#end.error = error;
    this.#close(error);
    this.#reportFaults();
    this.#backend.cleanUp();
  }

  #close(error: Error): void {
    this.abandon();
    this.#output.end();
    this.#failed(error);
    this.runtime.end(error);
    this.#options.onEnded(this.#end);
  }

  /** For a driver in a simulated process that has ended: nobody is there to be told of it. */
  abandon(): void {
    this.#isEnding = true;
    process.removeListener("exit", this.#exiting);
    process.removeListener("beforeExit", this.#finishing);
  }

  /** Ends the runtime. Pending calls reject; resolves when no process and no file is left. */
  async shutdown(): Promise<void> {
    this.#backend.wakeDaemon?.();
    if (!this.#isEnding) await this.runtime.actors.endGracefully("the runtime was shut down");
    if (!this.#isEnding) {
      this.#reportFaults();
      this.runtime.daemon.shutdown();
      this.runtime.unseen.reportAll();
      this.#close(new RuntimeEndedError("Cannot finish: the runtime was shut down; call init()"));
    }
    await this.#backend.close();
  }

  /** Nothing is left to do but what actors have to do at their end. */
  readonly #finishing = (): void => {
    this.#backend.wakeDaemon?.();
    this.runtime.actors.endGracefully("the program has ended").catch((error: unknown) => {
      this.runtime.warn(`${String(error)}\n`);
    });
  };

  /** Precondition: the daemon has not been told to remove the session's files. */
  #reportFaults(): void {
    const { faults } = this.#options;
    if (faults !== undefined) this.runtime.warn(reportFaults(faults, this.#store.memoryDirectory));
  }

  readonly #exiting = (): void => {
    this.runtime.unseen.reportAll();
    this.#reportFaults();
    // With process 1 of a container all others are killed at once: the daemon removes nothing.
    if (process.pid === 1 || this.#isDaemonGone) this.#backend.cleanUp();
    else this.#backend.wakeDaemon?.();
  };
}
