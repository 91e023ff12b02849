/**
 * Daemon and workers within this process, over memory links: for tests, coverage and breakpoints.
 * Functions and values are shipped and copied as between processes.
 */

import { RuntimeEndedError } from "../base/errors.ts";
import { Closures } from "../closure/closures.ts";
import { Daemon } from "../daemon/daemon.ts";
import { faultySpawn } from "../daemon/faulty-workers.ts";
import { removeSessionDirectories } from "../daemon/session-directory.ts";
import { storeFilesIn } from "../daemon/store-files.ts";
import { receiveSettings, type DaemonSettings, type WorkerSettings } from "../daemon/settings.ts";
import type { WorkerHandle, WorkerHandleEvents } from "../daemon/worker-handle.ts";
import { systemClock, systemSurroundings } from "../runtime/system.ts";
import { openFaults } from "../runtime/fault-log.ts";
import { DAEMON_ID, DRIVER_ID } from "../runtime/identity.ts";
import type { Surroundings } from "../runtime/surroundings.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import type { StoreDirectories } from "../store/store.ts";
import type { TakeLink } from "../wire/link.ts";
import { memoryTransports } from "../wire/memory.ts";
import type { Transport } from "../wire/transport.ts";
import { Worker } from "../worker/worker.ts";
import { createStoreDirectories, storeLimitBytes } from "./store-directories.ts";
import { MemoryBoards } from "./memory-boards.ts";
import type { Backend } from "./backend.ts";
import type { DaemonEnd } from "./daemon-end.ts";

const TIMER_MS_MAX = 2 ** 31 - 1;

type Accept = (transport: Transport) => void;

export class InlineBackend implements Backend {
  readonly directory = "";
  readonly directories: StoreDirectories;
  readonly workerProgram = "";
  readonly transport: Transport;
  readonly #boards = new MemoryBoards();
  readonly surroundings: Surroundings = {
    ...systemSurroundings,
    makeBoards: ({ processId }) => this.#boards.for(processId),
  };
  readonly #remoteFunctions: RemoteFunctions;
  readonly #warn: (text: string) => void;
  readonly #accepting = new Map<number, Accept>();
  #daemon: Daemon | undefined;

  /** Throws EnvironmentSetupError. */
  constructor(
    sessionId: string,
    spillDirectory: string | undefined,
    remoteFunctions: RemoteFunctions,
    warn: (text: string) => void,
  ) {
    this.directories = createStoreDirectories(sessionId, spillDirectory);
    this.#remoteFunctions = remoteFunctions;
    this.#warn = warn;
    const [driverEnd, daemonEnd] = memoryTransports();
    this.transport = keepingAlive(driverEnd);
    receiveSettings<DaemonSettings>(
      daemonEnd,
      (settings, takeLink) => this.#startDaemon(settings, takeLink),
      () => undefined,
    );
  }

  #startDaemon(settings: DaemonSettings, takeLink: TakeLink): void {
    const faults = openFaults(settings.faults, DAEMON_ID, settings.store.memoryDirectory);
    this.#daemon = new Daemon(settings, takeLink, {
      clock: systemClock,
      storeFiles: storeFilesIn(settings.store),
      spawnWorker: faultySpawn(
        (_variables, events) => this.#startWorker(events),
        systemClock,
        faults,
      ),
      memory: undefined,
      ended: () => {
        this.#accepting.clear();
        const { memoryDirectory, diskDirectory } = this.directories;
        removeSessionDirectories([memoryDirectory, diskDirectory]);
      },
    });
  }

  #startWorker(events: WorkerHandleEvents): WorkerHandle {
    const [daemonEnd, workerEnd] = memoryTransports();
    let exited = false;
    let endRuntime = (): void => undefined;
    const end = (signal: string | undefined): void => {
      if (exited) return;
      exited = true;
      // Its code cannot be stopped; nothing that it does is heard any more.
      endRuntime();
      workerEnd.close();
      events.exited({
        exitCode: signal === undefined ? 0 : undefined,
        signal,
        residentBytes: undefined,
        stderrTail: [],
      });
    };
    const exit = (): void => end(undefined);
    const start = (settings: WorkerSettings, linkToDaemon: TakeLink): void => {
      const worker = new Worker({
        settings,
        linkToDaemon,
        open: (processId) => this.open(processId),
        closures: new Closures({ entryUrl: settings.entryUrl }),
        faults: openFaults(settings.faults, settings.processId, settings.store.memoryDirectory),
        crash: () => end("SIGKILL"),
        remoteFunctions: this.#remoteFunctions,
        surroundings: this.surroundings,
        warn: this.#warn,
        pinProcess: undefined,
        // What the program itself waits for is not to be told from it.
        hasOtherWork: () => false,
        exit,
      });
      endRuntime = () => {
        this.#accepting.delete(settings.processId);
        this.#boards.remove(settings.processId);
        worker.runtime.end(new RuntimeEndedError("Cannot go on: this worker was ended"));
      };
      this.#accepting.set(settings.processId, (transport) => {
        worker.runtime.accept(transport);
      });
      worker.runtime.daemon.workerReady();
      worker.signOn();
    };
    receiveSettings(workerEnd, start, exit);
    return {
      pid: process.pid,
      transport: daemonEnd,
      kill: exit,
      measure: () => ({ isStopped: false, hasEnded: false }),
      ownBytes: () => undefined,
    };
  }

  storeLimitBytes(requestedBytes: number | undefined, warn: (text: string) => void): number {
    return storeLimitBytes(this.directories, requestedBytes, warn);
  }

  open(processId: number): Transport {
    const [near, far] = memoryTransports();
    const accept = this.#accepting.get(processId);
    if (accept === undefined) far.close();
    else accept(far);
    return near;
  }

  listen(onConnection: Accept): Promise<void> {
    this.#accepting.set(DRIVER_ID, onConnection);
    return Promise.resolve();
  }

  workerStarted(): void {
    // There is no process to end.
  }

  workerExited(): void {
    // As above.
  }

  daemonGone(): Promise<DaemonEnd> {
    const nothing = { pid: undefined, exitCode: undefined, signal: undefined };
    return Promise.resolve({ ...nothing, stderrTail: [] });
  }

  close(): Promise<void> {
    this.#daemon?.end();
    return Promise.resolve();
  }

  cleanUp(): void {
    this.#daemon?.end();
  }
}

/** A timer that never comes keeps the program alive, as a socket does between processes. */
function keepingAlive(transport: Transport): Transport {
  let timer: NodeJS.Timeout | undefined;
  return {
    write: (bytes) => transport.write(bytes),
    start: (events) => transport.start(events),
    close: () => {
      clearInterval(timer);
      transport.close();
    },
    endWriting: () => transport.endWriting(),
    setReferenced: (isReferenced) => {
      clearInterval(timer);
      timer = isReferenced ? setInterval(() => undefined, TIMER_MS_MAX) : undefined;
    },
  };
}
