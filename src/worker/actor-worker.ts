/** The worker as the home of an actor: makes the instance, and takes calls of its methods. */

import type { Clock } from "../base/clock.ts";
import { ActorUnavailableError, EnvironmentSetupError } from "../base/errors.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import { ActorHost } from "../runtime/actor-host.ts";
import type { ActorSettings } from "../runtime/actor-messages.ts";
import type { FaultPoints } from "../runtime/fault-points.ts";
import type { Peer } from "../runtime/peers.ts";
import type { Cancellation } from "../runtime/pending-call.ts";
import { RunningTask, type Body, type TaskSpec } from "../runtime/running-task.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { readExtras } from "../runtime/task-messages.ts";
import { readPlain } from "../values/plain-data.ts";
import { Kind } from "../wire/messages.ts";

export interface ActorWorkerOptions {
  readonly clock: Clock;
  readonly faults: FaultPoints | undefined;
  readonly nowUs: () => number;
  readonly pinProcess: ((cores: readonly number[]) => void) | undefined;
  readonly exit: () => void;
}

export class ActorWorker {
  readonly #runtime: Runtime;
  readonly #options: ActorWorkerOptions;
  #host: ActorHost | undefined;

  constructor(runtime: Runtime, options: ActorWorkerOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  /** An actor lives here, or has. */
  get isInhabited(): boolean {
    return this.#host !== undefined;
  }

  frame(peer: Peer, kind: number, body: MsgpackReader, buffers: readonly Buffer[]): boolean {
    if (kind === Kind.callMethod) this.#callCame(peer, body, buffers);
    else if (kind === Kind.createActor) this.#creationCame(peer, body, buffers);
    else if (kind === Kind.endActor) this.#endCame(body.number());
    else return false;
    return true;
  }

  cancel(isTask: (task: RunningTask) => boolean, cancellation: Cancellation): void {
    this.#host?.cancel(isTask, cancellation);
  }

  #creationCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const { functions, packer, peers, producers, waits, daemon } = this.#runtime;
    const number = body.number();
    const record = functions.get(body.number());
    const [actorKey, incarnation, leaseId] = [body.number(), body.number(), body.number()];
    const settings = readPlain<ActorSettings>(body, "settings");
    const host = new ActorHost(actorKey, incarnation, settings, {
      functions,
      packer,
      ...{ producers, waits },
      clock: this.#options.clock,
      faults: this.#options.faults,
      nowUs: this.#options.nowUs,
      flush: () => peers.flush(),
      parked: () => daemon.parked(leaseId),
      resumed: () => daemon.resumed(leaseId),
      prepareProcess: ({ cpuAffinity }) => this.#pin(cpuAffinity),
      warn: this.#runtime.warn,
      ended: () => this.#leave(),
    });
    this.#host = host;
    const extras = readExtras(body);
    const actorResources = settings.resources;
    const spec = { number, extras, submitterId: peer.processId, actorKey, actorResources };
    host.construct(this.#taskOf(peer, spec, record, body, buffers, host));
  }

  #pin(cores: readonly number[] | null): void {
    if (cores === null) return;
    if (this.#options.pinProcess === undefined) {
      throw new EnvironmentSetupError(
        `Cannot pin the actor to core ${cores.join(", ")}: with mode "inline" all run in the ` +
          "program's own process; leave out cpuAffinity, or the mode",
      );
    }
    this.#options.pinProcess(cores);
  }

  #callCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const [number, incarnation, method] = [body.number(), body.number(), body.string()];
    const extras = readExtras(body);
    const host = this.#host;
    if (host?.incarnation !== incarnation) {
      this.#refuse(peer, number, `${method} was meant for life ${incarnation} of an actor`);
      return;
    }
    const { key: actorKey, settings, depth: actorDepth } = host;
    const actorResources = settings.resources;
    const submitterId = peer.processId;
    const spec = { number, extras, submitterId, actorKey, actorDepth, actorResources };
    const run = host.bodyFor(method);
    host.enqueue(this.#taskOf(peer, spec, run, body, buffers, host), method);
  }

  #taskOf(
    peer: Peer,
    spec: TaskSpec,
    run: Body,
    body: MsgpackReader,
    buffers: readonly Buffer[],
    host: ActorHost,
  ): RunningTask {
    const args = this.#runtime.incoming.readArguments(peer, body, buffers, spec.extras.isShared);
    return new RunningTask(
      this.#runtime,
      spec,
      run,
      args,
      this.#runtime.incoming.replyTo(peer),
      host,
    );
  }

  #refuse(peer: Peer, number: number, what: string): void {
    const error = new ActorUnavailableError(
      `Cannot call method: ${what} that is not in process ${process.pid}; call it again`,
    );
    const { packer, port } = this.#runtime;
    port.send(peer, Kind.failure, 4, packer.packError(error), (body) => {
      body.integer(number);
      body.integer(0);
    });
  }

  #endCame(incarnation: number): void {
    if (this.#host?.incarnation === incarnation) this.#host.end();
  }

  /** The process ends once all that it has sent has left. */
  #leave(): void {
    this.#runtime.daemon.link.flush();
    this.#runtime.peers.finish().then(this.#options.exit, this.#options.exit);
  }
}
