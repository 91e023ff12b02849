/** An actor in the process that owns it: carries out what `core/actor-life.ts` decides. */

import type { Timer } from "../base/clock.ts";
import { ACTOR_END_MS } from "../base/limits.ts";
import {
  ActorLife,
  type ActorEnd,
  type ActorLifeSink,
  type ActorState,
} from "../core/actor-life.ts";
import type { Demand } from "../core/resources.ts";
import { Kind } from "../wire/messages.ts";
import type { ActorClient, ActorTraits } from "./actor-client.ts";
import { afterRestarts, diedError, endFor, type ActorDeath } from "./actor-end.ts";
import { nameTaken, type ActorName } from "./actor-names.ts";
import { writeAdoption, writeCreation, type ActorSettings } from "./actor-messages.ts";
import { actorEntryKey, PublishedRecord, type ActorRecord } from "./actor-record.ts";
import type { ActorContext } from "./actors.ts";
import type { Creation } from "./creation.ts";
import { DRIVER_ID } from "./identity.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { Content, ObjectRecord } from "./object-record.ts";
import type { CallKeeper, Cancellation } from "./pending-call.ts";
import { sendNumbers } from "./peers.ts";
import { outsideTasks } from "./task-scope.ts";

/** How an actor is to be made. */
export interface ActorSpec {
  readonly record: FunctionRecord;
  readonly traits: ActorTraits;
  readonly demand: Demand;
  readonly environment: string;
  readonly settings: ActorSettings;
  readonly name: string | undefined;
  readonly namespace: string;
  /** An actor that has the name already takes its place. */
  readonly getIfExists: boolean;
  readonly isDetached: boolean;
  /** Its class says what is to be done at its end. */
  readonly isDisposable: boolean;
  readonly maxRestarts: number;
  readonly startTimeoutMs: number | undefined;
  /** What the program holds of the class: it is not taken back while the actor may restart. */
  readonly source: object;
}

/** Where the constructor is to run. */
interface Place {
  readonly workerId: number;
  readonly incarnation: number;
  readonly leaseId: number;
}

export class OwnedActor implements ActorLifeSink<ActorDeath>, CallKeeper<Creation> {
  readonly key: number;
  readonly classId: number;
  readonly spec: ActorSpec;
  readonly life: ActorLife<ActorDeath>;
  readonly #context: ActorContext;
  readonly #published: PublishedRecord;
  readonly #processes = new Set<number>();
  #creation: Creation | undefined;
  /** Of this life, from the grant on. */
  #place: Place | undefined;
  #failure: Content | undefined;
  /** Why its last life was over. */
  #lastEnd: ActorDeath | undefined;
  #graceTimer: Timer | undefined;
  #gone: (() => void)[] = [];
  #hasName = false;
  /** Settled when it has its name, or another actor does. */
  named: Promise<void> = Promise.resolve();
  #sameAs: ActorRecord["sameAs"];
  /** A detached actor is held here, whoever else lets go of it. */
  held: ObjectRecord | undefined;

  constructor(key: number, classId: number, spec: ActorSpec, context: ActorContext) {
    this.key = key;
    this.classId = classId;
    this.spec = spec;
    this.#context = context;
    this.life = new ActorLife<ActorDeath>(spec.maxRestarts, this);
    this.#published = new PublishedRecord(context.control, actorEntryKey(key));
    this.#publish(undefined);
  }

  /** Its constructor is called as soon as it has its name and its arguments. */
  begin(creation: Creation): void {
    this.#creation = creation;
    const { name, namespace } = this.spec;
    if (name === undefined || this.#isForDriver) this.#context.calls.begin(creation);
    else {
      this.named = this.#claim({ namespace, name }, creation);
      this.named.catch((error: unknown) => this.failCreation(error));
    }
  }

  async #claim(name: ActorName, creation: Creation): Promise<void> {
    const { actors, names, calls } = this.#context;
    const holder = await names.claim(name, this.key);
    if (holder === undefined) {
      this.#hasName = true;
      if (this.life.state === "dead") this.#freeName();
      else calls.begin(creation);
    } else if (this.spec.getIfExists && holder.className === this.spec.traits.className) {
      await actors.replace(this, holder);
    } else this.failCreation(nameTaken(holder));
  }

  /** Who had the name has just ended. */
  claimAgain(): void {
    this.begin(this.#creation!);
  }

  /** Calls go to an actor that is there already; this one was never alive. */
  standsFor(other: ActorClient): void {
    this.#client?.redirect(other);
    this.#sameAs = { key: other.key, ownerId: this.#context.objects.ownership.ownerOf(other.key) };
    this.life.end("another actor has its name");
  }

  #freeName(): void {
    const { name, namespace } = this.spec;
    if (!this.#hasName || name === undefined) return;
    this.#context.names.free({ namespace, name }, this.key).catch(ignore);
  }

  get #client(): ActorClient | undefined {
    return this.#context.actors.findClient(this.key);
  }

  // CallKeeper of the creation.

  ready(): void {
    if (this.#isForDriver) this.#handOver(this.#creation!);
    else if (this.#place !== undefined) this.#sendCreation(this.#place);
    else this.life.begin();
  }

  sendAgain(creation: Creation): void {
    this.#takeBack(creation);
    this.#context.calls.awaitAgain(creation);
  }

  #takeBack(creation: Creation): void {
    creation.state = "waiting";
    this.#context.calls.unsent(creation);
  }

  /** What is to outlive this process is created by the driver, which lives as long as all. */
  get #isForDriver(): boolean {
    return this.spec.isDetached && this.#context.selfId !== DRIVER_ID;
  }

  #handOver(creation: Creation): void {
    const { calls, peers, objects, port, packer } = this.#context;
    calls.sent(creation);
    creation.state = "sent";
    creation.results[0]!.whenSettled(({ content }) => {
      if (content?.kind === "payload") this.standsFor(packer.unpackHandle(content.payload)!);
    });
    // Who ends it before the driver has answered would leave it alive there.
    this.named = new Promise((resolve) => creation.results[0]!.whenSettled(() => resolve()));
    writeAdoption(creation, this.spec, peers.get(DRIVER_ID), objects, port);
  }

  abandoned(creation: Creation, content: Content): void {
    creation.state = "done";
    this.#fail(content);
  }

  finished(
    creation: Creation,
    _durationUs: number | undefined,
    failure: Content | undefined,
  ): void {
    creation.state = "done";
    // Held by its handles only, so that it is known when the last one goes.
    creation.results = [];
    if (this.#isForDriver) return;
    if (failure === undefined) this.life.constructed();
    else this.#fail(failure);
  }

  /** It took longer than it may, or the task that makes it is cancelled. */
  stopped(_creation: Creation, { reason }: Cancellation): void {
    this.failCreation(reason);
  }

  // ActorLifeSink.

  acquire(): void {
    this.#context.daemon.wantDedicated(this.classId, this.spec, 1);
  }

  withdraw(): void {
    this.#context.daemon.wantDedicated(this.classId, this.spec, 0);
  }

  giveBack(leaseId: number): void {
    this.#context.daemon.returnLease(leaseId);
  }

  construct(workerId: number, incarnation: number, leaseId: number): void {
    const { calls, objects } = this.#context;
    const creation = this.#creation!;
    if (creation.isDone) calls.reopened();
    creation.state = "waiting";
    this.#processes.add(workerId);
    this.#place = { workerId, incarnation, leaseId };
    const { inlined, missing } = creation;
    if (objects.reconstruction.areReadable(inlined)) this.#sendCreation(this.#place);
    // Arguments that were lost are made again; it may be that a former life waits for them already.
    else if (missing === 0) calls.awaitAgain(creation);
  }

  #sendCreation({ workerId, incarnation, leaseId }: Place): void {
    const { calls, peers, objects, port } = this.#context;
    const creation = this.#creation!;
    creation.state = "sent";
    creation.workerId = workerId;
    calls.sent(creation);
    const { record, settings } = this.spec;
    const { options } = creation;
    const parts = { record, actorKey: this.key, incarnation, leaseId, settings, options };
    try {
      writeCreation(creation, parts, peers.get(workerId), objects, port);
    } catch (error) {
      calls.fail(creation, { kind: "error", error });
    }
  }

  finish(workerId: number, incarnation: number): void {
    sendNumbers(this.#context.peers.get(workerId), Kind.endActor, incarnation);
    this.#graceTimer = outsideTasks(() =>
      this.#context.clock.setTimeout(() => this.life.graceOver(), ACTOR_END_MS),
    );
    this.#graceTimer.unref();
  }

  killWorker(workerId: number, reason: string): void {
    this.#context.daemon.killWorker(workerId, reason);
  }

  changed(state: ActorState, end: ActorEnd<ActorDeath> | undefined): void {
    const death = end && this.#deathOf(end);
    this.#lastEnd = death ?? this.#lastEnd;
    const client = this.#client;
    if (state === "alive") client?.located(this.life.workerId!, this.life.incarnation);
    else if (state === "restarting") this.#restarts(client, death!);
    else if (state === "dead") this.#died(death!, end!.kind !== "crashed");
    this.#publish(this.#lastEnd);
    if (state === "dead") this.#freeName();
  }

  #restarts(client: ActorClient | undefined, death: ActorDeath): void {
    client?.restarting(death);
    const creation = this.#creation!;
    if (creation.state === "sent") this.#takeBack(creation);
  }

  /** `isAsked`: somebody wanted its end. */
  #died(death: ActorDeath, isAsked: boolean): void {
    this.#context.clock.clearTimeout(this.#graceTimer);
    this.held = undefined;
    this.#client?.died(death, isAsked, this.#failure);
    const creation = this.#creation!;
    if (!creation.isDone) this.#endCreation(creation, death, isAsked);
    creation.release();
    if (this.#processes.size === 0) this.#isGone();
  }

  /** It ended before its constructor was through. */
  #endCreation(creation: Creation, death: ActorDeath, isAsked: boolean): void {
    const { className } = this.spec.traits;
    const error = diedError(creation.name, { key: this.key, className }, death);
    const content: Content = this.#failure ?? { kind: "error", error };
    const isKnown = isAsked && !death.isCreation;
    if (isKnown) for (const record of creation.results) record.isObserved = true;
    if (creation.state === "sent") this.#context.calls.fail(creation, content);
    else {
      creation.state = "done";
      this.#context.calls.failUnsent(creation, content);
    }
  }

  #deathOf(end: ActorEnd<ActorDeath>): ActorDeath {
    if (end.kind === "crashed") {
      return this.life.state === "dead" ? afterRestarts(end.cause, this.life.restarts) : end.cause;
    }
    if (end.kind === "ended") return endFor(end.reason);
    const failure = this.#failure && this.#context.packer.textOfFailure(this.#failure);
    return endFor(
      `its creation has failed${failure === undefined ? "" : ` with ${failure}`}`,
      true,
    );
  }

  #publish(end: ActorDeath | undefined): void {
    const { name, namespace, isDetached, traits } = this.spec;
    const { state, incarnation, restarts, workerId } = this.life;
    const record: ActorRecord = {
      key: this.key,
      className: traits.className,
      name,
      namespace,
      isDetached,
      ownerId: this.#context.selfId,
      state,
      incarnation,
      restarts,
      workerId,
      sameAs: this.#sameAs,
      end,
    };
    this.#published.publish(record).catch(ignore);
  }

  // From the daemon.

  granted(leaseId: number, workerId: number): void {
    this.life.granted(leaseId, workerId);
  }

  rejected(error: Error): void {
    this.failCreation(error);
  }

  /** It cannot be created, whatever its constructor does. */
  failCreation(error: unknown): void {
    this.#fail({ kind: "error", error });
  }

  #fail(failure: Content): void {
    this.#failure = failure;
    this.life.creationFailed();
  }

  workerGone(workerId: number, crash: ActorDeath): void {
    if (!this.#processes.delete(workerId)) return;
    if (this.#place?.workerId === workerId) this.#place = undefined;
    this.life.workerGone(workerId, crash);
    if (this.life.state === "dead" && this.#processes.size === 0) this.#isGone();
  }

  #isGone(): void {
    this.#context.actors.forget(this);
    this.isOver();
  }

  /** It is gone, or the runtime is: nothing more is to be waited for. */
  isOver(): void {
    const gone = this.#gone;
    this.#gone = [];
    for (const resolve of gone) resolve();
  }

  /** Resolves when the actor is dead and its process is gone. */
  whenGone(): Promise<void> {
    if (this.life.state === "dead" && this.#processes.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#gone.push(resolve));
  }
}

function ignore(): void {
  // The daemon is gone, and with it whoever could read what was to be written.
}
