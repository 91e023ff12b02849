/** The runtime of a worker: takes tasks from peers and runs them. */

import type { MsgpackReader } from "../base/msgpack.ts";
import { TaskCancelledError } from "../base/errors.ts";
import type { Faults } from "../base/faults.ts";
import type { Closures } from "../closure/closures.ts";
import type { Posting } from "../core/board.ts";
import { demandOf, type Demand } from "../core/resources.ts";
import type { WorkerSettings } from "../daemon/settings.ts";
import { Claims } from "../runtime/claims.ts";
import { Executor } from "../runtime/executor.ts";
import { faultPoints } from "../runtime/fault-points.ts";
import { DRIVER_ID } from "../runtime/identity.ts";
import type { LeaseQueue } from "../runtime/lease-queue.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import type { Payload } from "../runtime/payload.ts";
import type { Peer } from "../runtime/peers.ts";
import type { Cancellation } from "../runtime/pending-call.ts";
import type { RemoteTask } from "../runtime/remote-task.ts";
import { LeasedTask } from "../runtime/leased-task.ts";
import { RunningTask } from "../runtime/running-task.ts";
import { Runtime, type RuntimeHost } from "../runtime/runtime.ts";
import { extrasOfNested, readExtras, type Extras } from "../runtime/task-messages.ts";
import type { Surroundings } from "../runtime/surroundings.ts";
import { LocalReply, sendOutput } from "../runtime/task-reply.ts";
import type { TakeLink } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import type { Transport } from "../wire/transport.ts";
import { ActorWorker } from "./actor-worker.ts";

export interface WorkerOptions {
  readonly settings: WorkerSettings;
  readonly linkToDaemon: TakeLink;
  readonly open: (processId: number) => Transport;
  readonly closures: Closures;
  readonly faults: Faults | undefined;
  /** Ends the worker at once, as SIGKILL does. */
  readonly crash: () => void;
  readonly remoteFunctions: RemoteFunctions;
  readonly hasOtherWork: () => boolean;
  readonly surroundings: Surroundings;
  readonly warn: (text: string) => void;
  /** Has the process run on these cores only; undefined where it is not the worker's own. */
  readonly pinProcess: ((cores: readonly number[]) => void) | undefined;
  /** Ends the worker: the daemon is gone, or has no use for it. */
  readonly exit: () => void;
}

const ONE_CPU = demandOf({ CPU: 1 });
const ON_NO_BOARD: Posting = 0;

export class Worker implements RuntimeHost {
  readonly runtime: Runtime;
  readonly #executor: Executor;
  readonly #settings: WorkerSettings;
  readonly #exit: () => void;
  readonly #actor: ActorWorker;
  readonly #claims: Claims;

  constructor(options: WorkerOptions) {
    this.#settings = options.settings;
    this.#exit = options.exit;
    const { processId, sessionId, token, total, pollingUs, store, slot } = options.settings;
    const { recordSites, namespace } = options.settings;
    const place = { ...store, processId, slot };
    const boards = options.surroundings.makeBoards(place);
    this.#claims = new Claims(boards, processId);
    const { faults, crash } = options;
    this.runtime = new Runtime({
      ...options,
      identity: { processId, role: "worker", sessionId, token, pid: process.pid },
      total: demandOf(total),
      store: options.surroundings.makeStore({
        ...place,
        isFull: faults && (() => faults.happens("store-full")),
      }),
      boards,
      ...{ pollingUs, recordSites, namespace },
      nodeOptions: process.env["NODE_OPTIONS"],
      host: this,
    });
    const { clock } = options.surroundings;
    const nowUs = (): number => clock.nowMs() * 1_000;
    const { functions, packer, submitter, daemon, peers, producers, waits } = this.runtime;
    this.#executor = new Executor({
      functions,
      packer,
      claims: this.#claims,
      ...{ producers, waits },
      ...{ clock, nowUs },
      faults: faultPoints(faults, crash, "worker-kill", "reply-lost"),
      takeChild: (held, queue) => this.#takeChild(held, queue),
      leaseParked: (leaseId) => daemon.parked(leaseId),
      leaseResumed: (leaseId) => daemon.resumed(leaseId),
      endProcess: (reason) => daemon.killWorker(processId, reason),
      flush: () => peers.flush(),
    });
    this.#actor = new ActorWorker(this.runtime, {
      ...{ clock, nowUs },
      faults: faultPoints(faults, crash, "actor-kill", "actor-reply-lost"),
      pinProcess: options.pinProcess,
      exit: options.exit,
    });
    submitter.onQueued = () => this.#executor.scheduleRun();
    submitter.cancelLocal = (task, cancellation) => {
      this.#executor.cancel((running) => running.spec.submitted === task, cancellation);
    };
  }

  /** Says that tasks can be queued here, to the process that pushes most of them. */
  signOn(): void {
    this.#claims.signOn(DRIVER_ID);
  }

  // RuntimeHost.

  frame(peer: Peer, kind: number, body: MsgpackReader, buffers: readonly Buffer[]): boolean {
    if (kind === Kind.task) this.#taskCame(peer, body, buffers);
    else if (kind === Kind.cancel) this.#cancelCame(peer, body, buffers);
    else if (kind === Kind.streamStop) this.#streamStopCame(peer, body.number());
    else return this.#actor.frame(peer, kind, body, buffers);
    return true;
  }

  output(peer: Peer, stream: 1 | 2, name: string, pid: number, text: string): void {
    // A child of a task of this worker wrote it: it goes on towards the driver.
    const parent = this.runtime.submitter.parentOfTaskOn(peer.processId);
    if (parent instanceof RunningTask) {
      parent.reply.output(parent, stream, name, pid, text);
      return;
    }
    sendOutput(this.runtime.peers.get(1), stream, name, pid, text);
  }

  setBusy(): void {
    // A worker lives for as long as its link to the daemon does.
  }

  processGone(processId: number): void {
    const reason = new TaskCancelledError("Cannot go on: the process that called has ended");
    this.#executor.callerGone(processId, reason);
    this.#actor.cancel(({ spec }) => spec.submitterId === processId, {
      ...{ reason, isForced: true, isRecursive: true },
    });
    this.#claims.forget(processId);
  }

  /** No code of the user runs here, or will go on. */
  get isIdle(): boolean {
    return this.#executor.isIdle && this.runtime.calls.pending === 0 && !this.#actor.isInhabited;
  }

  retire(): void {
    const { submitter, objects, daemon, actors } = this.runtime;
    if (!this.isIdle || objects.ownership.isNeeded || actors.isNeeded) {
      daemon.retireRefused();
      return;
    }
    submitter.returnIdleLeases();
    if (submitter.holdsLeases) {
      // Of workers that have not been heard of: the daemon would end them with this one.
      daemon.retireRefused();
      return;
    }
    daemon.link.flush();
    this.#exit();
  }

  ended(): void {
    this.#exit();
  }

  welcome(): void {
    // The daemon greets drivers only.
  }

  workerStarted(): void {
    // Only the driver needs to know.
  }

  workerExited(): void {
    // As above.
  }

  // Tasks.

  #taskCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const number = body.number();
    const leaseId = body.number();
    const record = this.runtime.functions.get(body.number());
    const posting = body.number();
    const extras = readExtras(body);
    const demand = extras.resources === undefined ? ONE_CPU : demandOf(extras.resources);
    const task = new LeasedTask(
      this.runtime,
      { number, extras, submitterId: peer.processId },
      record,
      this.runtime.incoming.readArguments(peer, body, buffers, extras.isShared),
      this.runtime.incoming.replyTo(peer),
      this.#executor.queueOf(leaseId, demand),
      this.#executor,
      posting,
    );
    this.#executor.enqueue(task);
  }

  #cancelCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const number = body.number();
    const [isForced, isRecursive] = [body.boolean(), body.boolean()];
    const payload = this.runtime.port.read(peer, body, buffers);
    const cancel = (reason: unknown): void => {
      this.#cancel(peer, number, { reason, isForced, isRecursive });
    };
    this.#read(payload).then(cancel, (error: unknown) => {
      cancel(new TaskCancelledError("Cannot go on: cancelled for an unreadable reason", {}, error));
    });
  }

  #cancel({ processId }: Peer, number: number, cancellation: Cancellation): void {
    const isTask = (task: RunningTask): boolean => {
      return task.number === number && task.spec.submitterId === processId;
    };
    this.#executor.cancel(isTask, cancellation);
    this.#actor.cancel(isTask, cancellation);
  }

  /** A generator that has not begun never will. */
  #streamStopCame(peer: Peer, number: number): void {
    if (this.runtime.producers.stop(peer.processId, number)) return;
    const reason = new TaskCancelledError("Cannot begin: its stream was closed");
    this.#cancel(peer, number, { reason, isForced: false, isRecursive: false });
  }

  async #read(payload: Payload): Promise<unknown> {
    const { packer } = this.runtime;
    await packer.prepare(payload);
    return packer.unpack(payload, true);
  }

  /** A task that this worker has submitted, to be run here while its parent waits. */
  #takeChild(held: Demand, queue: LeaseQueue): LeasedTask | undefined {
    const { submitter, objects, packer } = this.runtime;
    const task = submitter.takeLocal(held, this.#settings.environment);
    if (task === undefined) return undefined;
    const parent = task.parent instanceof RunningTask ? task.parent : undefined;
    const args = task.args;
    const inlined = task.inlined.map(({ position, record }) => {
      return { position, payload: objects.toPayload(record) };
    });
    const copies =
      args.kind === "primitives" && inlined.length === 0
        ? args.values.slice()
        : this.runtime.incoming.unpacking(
            args.kind === "payload" ? args.payload : packer.pack(args.values, "args"),
            inlined,
            false,
            task.options.isShared,
          );
    return new LeasedTask(
      this.runtime,
      {
        number: task.number,
        extras: extrasOf(task),
        submitterId: this.runtime.identity.processId,
        submitted: task,
      },
      task.record,
      copies,
      new LocalReply(submitter, objects, packer, task, parent),
      queue,
      this.#executor,
      ON_NO_BOARD,
    );
  }
}

function extrasOf({ options, attempt, depth, root }: RemoteTask): Extras {
  const { name, numReturns, batch, isShared } = options;
  const given = name ?? numReturns ?? batch;
  if (given === undefined && !isShared && attempt === 1) return extrasOfNested(depth, root);
  return { ...extrasOfNested(depth, root), name, numReturns, batch, isShared, attempt };
}
