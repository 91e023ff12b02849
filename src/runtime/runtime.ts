/** The runtime inside a driver or a worker: puts its parts together, and ends them. */

import type { Clock } from "../base/clock.ts";
import type { CollectedRegistry, Collector } from "../base/collector.ts";
import { MEMORY_RETRY_DELAY_MS, RETRY_DELAY_MS } from "../base/limits.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import type { Closures } from "../closure/closures.ts";
import type { Demand } from "../core/resources.ts";
import type { Boards } from "../store/boards.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Faults } from "../base/faults.ts";
import type { Link, TakeLink } from "../wire/link.ts";
import type { Transport } from "../wire/transport.ts";
import { ControlClient } from "./control-client.ts";
import { DaemonLink } from "./daemon-link.ts";
import { readDaemonMessage, type DaemonMessages, type ExitNotice } from "./daemon-messages.ts";
import { crashError, type FindTask } from "./exit-text.ts";
import { faultyLink } from "./faulty-link.ts";
import type { FunctionRecord } from "./function-record.ts";
import { Functions } from "./functions.ts";
import { IncomingCalls } from "./incoming-calls.ts";
import type { Identity } from "./identity.ts";
import { memoryTableOf } from "./memory-table.ts";
import type { ObjectRecord } from "./object-record.ts";
import { Objects } from "./objects.ts";
import { Packer, type RemoteFunctions } from "./packer.ts";
import { PayloadPort } from "./payload-port.ts";
import { receiveMessage } from "./peer-messages.ts";
import { Peers, type Peer } from "./peers.ts";
import { Poller } from "./poller.ts";
import { ProcessExits } from "./process-exits.ts";
import { Activity } from "./activity.ts";
import { Actors } from "./actors.ts";
import { Calls } from "./calls.ts";
import type { Cancellation } from "./pending-call.ts";
import { CallSites } from "./remote-error.ts";
import { Segments } from "./segments.ts";
import { StreamProducers } from "./stream-producers.ts";
import { Submitter } from "./submitter.ts";
import { outsideTasks } from "./task-scope.ts";
import { WaitReports } from "./wait-reports.ts";
import type { Surroundings } from "./surroundings.ts";
import { UnseenFailures } from "./unseen-failures.ts";

export interface RuntimeOptions {
  readonly identity: Identity;
  /** What the machine offers. */
  readonly total: Demand;
  /** Makes the link to the daemon, which hands its frames to `onFrame`. */
  readonly linkToDaemon: TakeLink;
  /** Connects to another process of the runtime. */
  readonly open: (processId: number) => Transport;
  readonly closures: Closures;
  readonly store: ObjectStore;
  readonly boards: Boards;
  readonly remoteFunctions: RemoteFunctions;
  /** What is to go wrong here on purpose. */
  readonly faults: Faults | undefined;
  readonly pollingUs: number;
  /** Remember where each object was made. */
  readonly recordSites: boolean;
  /** Of actors' names that say no other. */
  readonly namespace: string;
  /** Whether something else than messages may wake what waits here. */
  readonly hasOtherWork: () => boolean;
  readonly surroundings: Surroundings;
  /** Writes a warning for the user. */
  readonly warn: (text: string) => void;
  readonly nodeOptions: string | undefined;
  readonly host: RuntimeHost;
}

/** What differs between a driver and a worker. */
export interface RuntimeHost {
  /** Whether calls are pending: a driver then stays alive. */
  setBusy(isBusy: boolean): void;
  /** A message that only this kind of process gets. Returns false if it is unknown. */
  frame(peer: Peer, kind: number, body: MsgpackReader, buffers: readonly Buffer[]): boolean;
  output(peer: Peer, stream: 1 | 2, name: string, pid: number, text: string): void;
  /** Nothing comes from the process any more, and nobody waits there for what it has called. */
  processGone(processId: number, pid: number): void;
  /** The daemon asks to end, being idle. */
  retire(): void;
  /** The daemon is gone, or has ended the runtime. */
  ended(cause: Error | undefined): void;
  welcome(): void;
  workerStarted(pid: number): void;
  /** What it has sent may still come. */
  workerExited(pid: number): void;
}

export class Runtime {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly collector: Collector;
  readonly peers: Peers;
  readonly daemon: DaemonLink;
  readonly packer: Packer;
  readonly functions: Functions;
  readonly segments: Segments;
  readonly port: PayloadPort;
  readonly objects: Objects;
  readonly calls: Calls;
  readonly submitter: Submitter;
  readonly control: ControlClient;
  readonly actors: Actors;
  readonly incoming: IncomingCalls;
  readonly producers: StreamProducers;
  readonly waits: WaitReports;
  readonly unseen: UnseenFailures;
  readonly exits: ProcessExits;
  readonly host: RuntimeHost;
  readonly callSites: CallSites;
  readonly poller: Poller;
  readonly warn: (text: string) => void;
  readonly namespace: string;
  /** Node's options of workers. */
  readonly nodeOptions: string | undefined;
  readonly #faults: Faults | undefined;
  /** Of functions and classes that the program has made remote. */
  readonly #sources: CollectedRegistry<FunctionRecord>;
  #isEnded = false;

  constructor(options: RuntimeOptions) {
    const { clock, collector, keys } = options.surroundings;
    this.identity = options.identity;
    this.clock = clock;
    this.collector = collector;
    this.warn = options.warn;
    this.namespace = options.namespace;
    this.callSites = new CallSites(clock, options.recordSites);
    this.nodeOptions = options.nodeOptions;
    this.host = options.host;
    const selfId = options.identity.processId;
    this.poller = new Poller(options.pollingUs, clock);
    this.#sources = collector.registry((record) => {
      if (!this.#isEnded) this.functions.retire(record, this.peers);
    });
    this.unseen = new UnseenFailures(options.warn, collector);
    this.functions = new Functions(selfId, keys);
    this.segments = new Segments(selfId, options.store, options.surroundings);
    this.packer = new Packer(options.closures, options.remoteFunctions, this.segments);
    this.port = new PayloadPort(this.packer, this.functions, this.segments);
    this.#faults = options.faults;
    this.peers = this.#meetPeers(options);
    this.exits = this.#watchExits();
    const { packer, peers, port, unseen, segments } = this;
    this.objects = new Objects({
      ...{ selfId, keys, packer, peers, port, unseen, segments, collector },
      recordsSites: options.recordSites,
    });
    this.port.connect(this.objects.shared);
    this.daemon = new DaemonLink(this.#linkToDaemon(options), options.total);
    segments.connect(this.objects.ownership, peers, this.daemon);
    const { objects, daemon } = this;
    const activity = new Activity((isBusy) => this.host.setBusy(isBusy));
    this.calls = new Calls({
      ...{ objects, packer, segments, port, peers, activity, clock, collector },
    });
    const { calls } = this;
    this.control = new ControlClient(daemon.link);
    const { control } = this;
    this.actors = new Actors({
      ...{ runtime: this, selfId, calls, objects, packer, port, peers, daemon, control, activity },
      ...{ clock, collector },
    });
    packer.connect(this.actors);
    this.incoming = new IncomingCalls(this);
    this.waits = new WaitReports({
      clock,
      send: (report) => daemon.waits(report),
      hasOtherWork: options.hasOtherWork,
    });
    this.producers = new StreamProducers(clock, (processId) =>
      this.objects.ownership.isGone(processId),
    );
    this.submitter = new Submitter({
      ...{ calls, objects, port, peers, daemon, clock },
      boards: options.boards,
      random: options.surroundings.random,
    });
    objects.reconstruction.connect(this.submitter);
    const faults = options.faults;
    if (faults !== undefined) objects.reconstruction.isLost = () => faults.happens("result-lost");
    objects.fetches.onFetching = (isNowFetching) => {
      if (isNowFetching) activity.begin();
      else activity.end();
    };
  }

  #linkToDaemon({ linkToDaemon }: RuntimeOptions): Link {
    const messages: DaemonMessages = {
      welcome: () => this.host.welcome(),
      granted: (...grant) => {
        if (!this.actors.granted(...grant)) this.submitter.granted(...grant);
      },
      rejected: (classId, error) => {
        this.actors.rejected(classId, error);
        this.submitter.rejected(classId, error);
      },
      control: (kind, body) => this.control.message(kind, body),
      reclaim: (leaseId) => this.submitter.reclaim(leaseId),
      exited: (notice) => {
        this.host.workerExited(notice.pid);
        this.exits.announced(notice);
      },
      resources: (requestId, answer) => this.daemon.resourcesCame(requestId, answer),
      describeMemory: (requestId) => this.daemon.memoryTable(requestId, memoryTableOf(this)),
      retire: () => this.host.retire(),
      spill: () => this.segments.spillAsked(),
      breakCircle: (...circle) => this.waits.breakCircle(...circle),
      notice: (text) => this.warn(text),
      workerStarted: (pid) => this.host.workerStarted(pid),
      output: (stream, name, pid, text) =>
        this.host.output({ processId: 0 } as Peer, stream, name, pid, text),
    };
    return linkToDaemon(
      (kind, bytes, start, end) => readDaemonMessage(kind, bytes, start, end, messages),
      (cause) => this.host.ended(cause),
    );
  }

  #meetPeers(options: RuntimeOptions): Peers {
    const open = (processId: number): Transport =>
      this.#faulty(outsideTasks(() => options.open(processId)));
    return new Peers(options.identity, open, this.clock, {
      frame: (peer, kind, body, buffers) => receiveMessage(this, peer, kind, body, buffers),
      isGone: (processId) => this.objects.ownership.isGone(processId),
      gone: (peer, cause) => this.#linksClosed(peer, cause),
    });
  }

  #watchExits(): ProcessExits {
    return new ProcessExits({
      clock: this.clock,
      isConnected: (processId) => this.peers.find(processId) !== undefined,
      isGone: (processId) => this.objects.ownership.isGone(processId),
      kill: (processId, reason) => this.daemon.killWorker(processId, reason),
      over: (exit, wasCutOff) => this.#processOver(exit, wasCutOff),
    });
  }

  /** A connection of another process. */
  accept(transport: Transport): void {
    this.peers.accept(this.#faulty(transport));
  }

  #faulty(transport: Transport): Transport {
    return this.#faults === undefined
      ? transport
      : faultyLink(transport, this.#faults, this.clock, true);
  }

  /** Ends the task that makes an object, wherever that is. */
  cancel(record: ObjectRecord, how: Omit<Cancellation, "reason">): void {
    if (record.maker === undefined) this.objects.shared.cancelElsewhere(record, how);
    else this.calls.cancelling.cancel(record, how);
  }

  #linksClosed({ processId }: Peer, cause: Error | undefined): void {
    if (this.#isEnded) return;
    // What the system says of broken connections is no news; what was thrown while a message was
    // read is a fault of one of the two processes, and would pass for a hang.
    if (cause !== undefined && !("code" in cause)) {
      this.warn(`Cannot read what process ${processId} has sent: ${cause.stack}\n`);
    }
    this.exits.linksClosed(processId);
  }

  #processOver(exit: ExitNotice, wasCutOff: boolean): void {
    const { processId, reason, shortage } = exit;
    this.peers.part(processId);
    const wasForMemory = shortage !== undefined;
    // What its task has sent may have closed the link.
    const isSuspect = wasCutOff || wasForMemory;
    const findTask: FindTask = (workerId) => this.calls.findNameOn(workerId);
    this.submitter.workerGone({
      workerId: processId,
      isAskedFor: reason !== undefined && !isSuspect,
      retryDelayMs: wasForMemory ? MEMORY_RETRY_DELAY_MS : RETRY_DELAY_MS,
      errorFor: (task, failures) => crashError(task, exit, failures, findTask),
    });
    this.actors.workerGone(exit);
    this.producers.processGone(processId);
    this.host.processGone(processId, exit.pid);
    this.objects.ownership.processGone(processId);
    this.functions.processGone(processId, this.peers);
    this.daemon.exitSettled(processId);
  }

  /** The function goes everywhere once `source`, which the program holds, is collected. */
  retireWith(source: object, record: FunctionRecord): void {
    this.#sources.register(source, record);
  }

  /** Captures a function: from then on it is what it is now. */
  defineFunction(record: FunctionRecord, callable: object): void {
    record.definition = this.packer.pack(callable, record.name);
  }

  /** Nothing is sent or taken any more; what is pending rejects with `error`. */
  end(error: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.actors.end(error);
    this.calls.end(error);
    this.submitter.end(error);
    this.objects.end(error);
    this.daemon.end(error);
    this.control.end(error);
    this.peers.close();
    this.segments.end();
    this.daemon.link.close();
    this.exits.end();
  }

  /** Throws if what the process knows of its calls, objects and actors disagrees. */
  validate(): void {
    this.submitter.tasks.validate();
    this.objects.ownership.validate();
    this.objects.reconstruction.lineage.validate();
    this.actors.validate();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }
}
