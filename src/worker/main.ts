/** Entry of a worker process. Descriptor 3 is the link to the daemon that started it. */

import net from "node:net";
import { nameOwnFunctions } from "../api/own-names.ts";
import { remoteValues } from "../api/remote-values.ts";
import { connectRemoteValues } from "../api/start.ts";
import { Closures } from "../closure/closures.ts";
import { SocketAddresses } from "../daemon/session-directory.ts";
import { receiveSettings, type WorkerSettings } from "../daemon/settings.ts";
import { systemSurroundings } from "../runtime/system.ts";
import { setCurrentRuntime } from "../runtime/current.ts";
import { openFaults } from "../runtime/fault-log.ts";
import { utilities } from "../util/own-names.ts";
import type { TakeLink } from "../wire/link.ts";
import { otherWorkSince } from "../runtime/wait-reports.ts";
import { SocketTransport, connect, listen } from "../wire/socket.ts";
import { pinProcess } from "./affinity.ts";
import { redirectOutput } from "./output.ts";
import { dieWithParent } from "./parent-death.ts";
import { Worker } from "./worker.ts";

process.title = "mobula worker";
nameOwnFunctions(utilities);
connectRemoteValues(remoteValues);
const parentPid = process.ppid;
// The terminal's signals are the driver's; the worker ends with its daemon.
process.on("SIGINT", () => undefined);

receiveSettings<WorkerSettings>(
  new SocketTransport(new net.Socket({ fd: 3, readable: true, writable: true })),
  (settings, takeLink) => {
    startWorker(settings, takeLink).catch(failToStart);
  },
  () => process.exit(),
);

let hasOtherWork = (): boolean => true;

async function startWorker(settings: WorkerSettings, linkToDaemon: TakeLink): Promise<void> {
  redirectOutput();
  const addresses = new SocketAddresses(settings.directory);
  const worker = new Worker({
    settings,
    linkToDaemon,
    open: (processId) => connect(addresses.of(processId)),
    closures: new Closures({ entryUrl: settings.entryUrl }),
    faults: openFaults(settings.faults, settings.processId, settings.store.memoryDirectory),
    crash: () => process.kill(process.pid, "SIGKILL"),
    remoteFunctions: remoteValues,
    surroundings: systemSurroundings,
    warn: (text) => void process.stderr.write(text),
    pinProcess,
    hasOtherWork: () => hasOtherWork(),
    exit: () => process.exit(),
  });
  setCurrentRuntime(worker.runtime);
  await listen(addresses.of(settings.processId), (transport) => {
    worker.runtime.accept(transport);
  });
  hasOtherWork = otherWorkSince(process.getActiveResourcesInfo());
  const { daemon } = worker.runtime;
  daemon.workerReady();
  daemon.link.flush();
  // Takes some milliseconds, while the first task is on its way. No user code runs before.
  dieWithParent(parentPid);
  worker.signOn();
}

/** The daemon reports the last lines of standard error to whoever waits for a worker. */
function failToStart(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
