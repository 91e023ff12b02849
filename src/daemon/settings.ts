/** What the driver tells the daemon, and the daemon its workers, when they start. */

import type { FaultSettings } from "../base/fault-settings.ts";
import { MsgpackReader } from "../base/msgpack.ts";
import type { StoreSettings } from "../store/store.ts";
import { readPlain, writePlain } from "../values/plain-data.ts";
import type { FrameHandler } from "../wire/frame.ts";
import { Link, type CloseHandler, type TakeLink } from "../wire/link.ts";
import type { Transport } from "../wire/transport.ts";

export interface SessionSettings {
  readonly sessionId: string;
  readonly token: string;
  readonly store: StoreSettings;
  /** Holds the sockets; mode 0700. */
  readonly directory: string;
  readonly pollingUs: number;
  /** URL of the program's entry module. */
  readonly entryUrl: string | undefined;
  /** Resource → amount. */
  readonly total: Readonly<Record<string, number>>;
  readonly logToDriver: boolean;
  /** Remember where each object was made. */
  readonly recordSites: boolean;
  /** Of actors' names. */
  readonly namespace: string;
  readonly faults: FaultSettings | undefined;
}

export interface DaemonSettings extends SessionSettings {
  /** For workers: Node's arguments and variables beyond the daemon's own. */
  readonly execArgv: readonly string[];
  readonly nodeOptions: string | undefined;
  /** Path of the program that a worker runs. */
  readonly workerProgram: string;
  readonly workingDirectory: string;
  /** Workers started ahead, and kept although idle. */
  readonly warmWorkers: number;
  readonly inspect: boolean;
  /** Share of the memory that may be in use before a worker is ended. */
  readonly memoryUsageMax: number;
  /** Actors that may be alive, or about to be. */
  readonly actorsMax: number;
  /** Time for which a worker may be stopped before it is replaced. */
  readonly frozenWorkerMs: number;
}

export interface WorkerSettings extends SessionSettings {
  readonly processId: number;
  readonly environment: string;
  /** Its place in the count of the store's memory. */
  readonly slot: number;
}

export function sendSettings(link: Link, kind: number, settings: object): void {
  writePlain(link.begin(kind), settings, "settings");
  link.end();
}

/**
 * Opens the link on which a process is told what it is. `start` makes that of the settings, which
 * are the first frame, and takes the link. `onClose`: it has closed before.
 */
export function receiveSettings<Settings>(
  transport: Transport,
  start: (settings: Settings, takeLink: TakeLink) => void,
  onClose: CloseHandler,
): void {
  let handleFrame: FrameHandler = (_kind, bytes, from, to) => {
    start(readPlain(new MsgpackReader(bytes, from, to), "settings"), takeLink);
  };
  let handleClose = onClose;
  const link = new Link(
    transport,
    (...frame) => handleFrame(...frame),
    (cause) => handleClose(cause),
  );
  const takeLink: TakeLink = (onFrame, onClosed) => {
    handleFrame = onFrame;
    handleClose = onClosed;
    return link;
  };
}
