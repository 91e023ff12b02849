/**
 * Entry of the daemon process. Descriptor 3 is the link to the driver that started it, its
 * arguments the session's directories.
 */

import net from "node:net";
import type { Faults } from "../base/faults.ts";
import { systemClock } from "../runtime/system.ts";
import { openFaults } from "../runtime/fault-log.ts";
import { DAEMON_ID } from "../runtime/identity.ts";
import type { TakeLink } from "../wire/link.ts";
import { listen, SocketTransport } from "../wire/socket.ts";
import { Daemon } from "./daemon.ts";
import { faultySpawn } from "./faulty-workers.ts";
import { MemorySampling } from "./memory-sampling.ts";
import { removeSessionDirectories, SocketAddresses } from "./session-directory.ts";
import { receiveSettings, type DaemonSettings } from "./settings.ts";
import { storeFilesIn } from "./store-files.ts";
import { acceptTool, writeToken } from "./tools.ts";
import { spawnWorker } from "./worker-process.ts";

process.title = "mobula daemon";
// It ends with its driver, not with the signals of a terminal or of a process group.
for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => undefined);

let daemon: Daemon | undefined;
let leave = (): void => process.exit();
receiveSettings<DaemonSettings>(
  new SocketTransport(new net.Socket({ fd: 3, readable: true, writable: true })),
  (settings, takeLink) => {
    daemon = startDaemon(settings, takeLink);
    listenForTools(settings, daemon).catch(giveUp);
  },
  () => end(),
);
process.on("SIGTERM", () => {
  // Then it ends with the signal, so that the driver can say so.
  leave = () => {
    process.removeAllListeners("SIGTERM");
    process.kill(process.pid, "SIGTERM");
  };
  end();
});

function end(): void {
  if (daemon !== undefined) return daemon.end();
  // Before the driver could say anything else.
  removeSessionDirectories(process.argv.slice(2));
  leave();
}

function startDaemon(settings: DaemonSettings, takeLink: TakeLink): Daemon {
  const faults = openFaults(settings.faults, DAEMON_ID, settings.store.memoryDirectory);
  return new Daemon(settings, dyingOfFaults(takeLink, faults), {
    clock: systemClock,
    storeFiles: storeFilesIn(settings.store),
    spawnWorker: faultySpawn(
      (variables, events) => spawnWorker(settings, variables, events),
      systemClock,
      faults,
    ),
    memory: new MemorySampling(),
    ended: () => {
      removeSessionDirectories(process.argv.slice(2));
      leave();
    },
  });
}

/** The daemon may end with each message of the driver. */
function dyingOfFaults(takeLink: TakeLink, faults: Faults | undefined): TakeLink {
  if (faults === undefined) return takeLink;
  return (onFrame, onClose) => {
    return takeLink((...frame) => {
      if (faults.happens("daemon-kill")) process.kill(process.pid, "SIGKILL");
      onFrame(...frame);
    }, onClose);
  };
}

async function listenForTools(settings: DaemonSettings, asked: Daemon): Promise<void> {
  const { directory, token } = settings;
  writeToken(directory, token);
  await listen(new SocketAddresses(directory).of("daemon"), (transport) => {
    acceptTool(transport, settings, asked);
  });
}

/** The driver shows what the daemon has written. */
function giveUp(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
  daemon?.end();
}
