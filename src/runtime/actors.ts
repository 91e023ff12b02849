/** The actors that this process owns or has handles of. */

import type { Clock } from "../base/clock.ts";
import type { CollectedRegistry, Collector, Weak } from "../base/collector.ts";
import { ACTOR_DEPTH } from "../base/limits.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import { Kind } from "../wire/messages.ts";
import type { Activity } from "./activity.ts";
import { ActorClient, type ActorTraits } from "./actor-client.ts";
import { crashOf, endFor } from "./actor-end.ts";
import { ActorNames, type ActorName } from "./actor-names.ts";
import { actorEntryKey, type ActorRecord } from "./actor-record.ts";
import type { Calls } from "./calls.ts";
import { Creation } from "./creation.ts";
import type { DaemonLink } from "./daemon-link.ts";
import type { ExitNotice } from "./daemon-messages.ts";
import type { CallSite, ObjectRecord } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import { HandleRequests } from "./handle-requests.ts";
import { OwnedActor, type ActorSpec } from "./owned-actor.ts";
import type { Packer } from "./packer.ts";
import type { PayloadPort } from "./payload-port.ts";
import { sendNumbers, type Peers } from "./peers.ts";
import type { Runtime } from "./runtime.ts";
import type { TaskScope } from "./task-scope.ts";

export interface ActorContext {
  readonly runtime: Runtime;
  readonly selfId: number;
  readonly calls: Calls;
  readonly objects: Objects;
  readonly packer: Packer;
  readonly port: PayloadPort;
  readonly peers: Peers;
  readonly daemon: DaemonLink;
  readonly control: ControlPlane;
  readonly activity: Activity;
  readonly clock: Clock;
  readonly collector: Collector;
  readonly names: ActorNames;
  readonly actors: Actors;
}

/** Ids of what the daemon grants for actors, apart from those of tasks. */
const ACTOR_CLASS_MIN = 2 ** 31;

export class Actors {
  readonly handles: HandleRequests;
  readonly #context: ActorContext;
  readonly #owned = new Map<number, OwnedActor>();
  readonly #byClass = new Map<number, OwnedActor>();
  /** Held by handles, and by `busy`. */
  readonly #clients = new Map<number, Weak<ActorClient>>();
  /** Clients with pending calls: they stay, whoever holds a handle. */
  readonly busy = new Set<ActorClient>();
  readonly #watches: CollectedRegistry<() => void>;
  readonly #forgotten: CollectedRegistry<number>;
  readonly #unheld: CollectedRegistry<number>;
  readonly #awaitingDeath = new Set<() => void>();
  #classCount = 0;

  constructor(context: Omit<ActorContext, "actors" | "names">) {
    this.#context = { ...context, names: new ActorNames(context.control), actors: this };
    this.handles = new HandleRequests(this.#context);
    const { collector } = context;
    this.#watches = collector.registry((stop) => stop());
    this.#forgotten = collector.registry((key) => {
      if (this.findClient(key) === undefined) this.#clients.delete(key);
    });
    this.#unheld = collector.registry((key) => {
      this.#owned.get(key)?.life.end("nobody held a handle of it any more");
    });
  }

  /** Others depend on this process: it must not be ended for being idle. */
  get isNeeded(): boolean {
    return this.#owned.size > 0;
  }

  /**
   * Makes an actor. Throws if an argument cannot be sent; everything else fails its calls. `depth`:
   * of its creation, if another process has called that.
   */
  create(
    spec: ActorSpec,
    args: readonly unknown[],
    site: CallSite | undefined,
    scope: TaskScope | undefined,
    depth = scope === undefined ? 0 : scope.depth + ACTOR_DEPTH,
  ): ActorClient {
    const { calls } = this.#context;
    const options = {
      name: `new ${spec.traits.className}`,
      timeoutMs: spec.startTimeoutMs,
      signal: undefined,
      numReturns: undefined,
      isShared: false,
      streamBuffer: undefined,
      ...{ isDetached: spec.isDetached, depth },
    };
    let owned: OwnedActor | undefined;
    const creation = calls.create(options, args, site, scope, (number, captured, results) => {
      const record = results[0]!;
      owned = new OwnedActor(record.key, ACTOR_CLASS_MIN + ++this.#classCount, spec, this.#context);
      return new Creation(number, captured, results, options, owned, spec.maxRestarts > 0);
    });
    const record = creation.results[0]!;
    record.isActor = true;
    // A cancelled creation is a killed actor: there is no ref of it.
    record.maker = undefined;
    this.#owned.set(record.key, owned!);
    this.#byClass.set(owned!.classId, owned!);
    this.#unheld.register(record, record.key);
    if (spec.isDetached) owned!.held = record;
    const client = this.#newClient(record, spec.traits);
    owned!.begin(creation);
    return client;
  }

  #newClient(record: ObjectRecord, traits: ActorTraits): ActorClient {
    const client = new ActorClient(record, traits, this.#context);
    this.#clients.set(record.key, this.#context.collector.weakly(client));
    this.#forgotten.register(client, record.key);
    return client;
  }

  findClient(key: number): ActorClient | undefined {
    return this.#clients.get(key)?.deref();
  }

  /** The client of an actor that this process owns and that is held still. */
  ownClient(key: number): ActorClient | undefined {
    const owned = this.#owned.get(key);
    const record = owned?.held ?? this.#recordOfOwned(key);
    if (owned === undefined || record === undefined || owned.life.state === "dead") {
      return undefined;
    }
    return this.clientOf(record, owned.spec.traits);
  }

  #recordOfOwned(key: number): ObjectRecord | undefined {
    return this.findClient(key)?.record ?? this.#context.objects.shared.findLent(key);
  }

  /** An actor that is there already takes the place of one that was to be created. */
  async replace(owned: OwnedActor, { key, ownerId }: ActorRecord): Promise<void> {
    const other = await this.handles.ask(ownerId, key);
    // It has just ended: the name is free, or will be.
    if (other === undefined) owned.claimAgain();
    else owned.standsFor(other);
  }

  redirect(client: ActorClient, ownerId: number, key: number): void {
    const gone = endFor("the actor that had its name has ended");
    this.handles.ask(ownerId, key).then(
      (other) => (other === undefined ? client.died(gone, false) : client.redirect(other)),
      () => client.died(gone, false),
    );
  }

  /** The actor of a name. Rejects with ActorNotFoundError. */
  find(name: ActorName): Promise<ActorClient> {
    return this.#context.activity.during(this.#find(name));
  }

  async #find(name: ActorName): Promise<ActorClient> {
    const { names } = this.#context;
    const record = await names.find(name);
    const client = record && (await this.handles.ask(record.ownerId, record.key));
    if (client === undefined) throw await names.notFound(name);
    return client;
  }

  /** The client of an actor of which a handle has come, or is made once more. */
  clientOf(record: ObjectRecord, traits: ActorTraits): ActorClient {
    const known = this.findClient(record.key);
    if (known !== undefined) return known;
    record.isActor = true;
    const client = this.#newClient(record, traits);
    const owned = this.#owned.get(record.key);
    if (owned === undefined) this.#follow(client);
    else if (owned.life.state === "alive") {
      client.located(owned.life.workerId!, owned.life.incarnation);
    }
    return client;
  }

  /** Learns from the control plane where an actor of another process is. */
  #follow(client: ActorClient): void {
    const followed = this.#context.collector.weakly(client);
    const stop = this.#context.control.watch(actorEntryKey(client.key), ({ value }) => {
      followed.deref()?.published(value as ActorRecord | undefined);
    });
    this.#watches.register(client, stop);
  }

  letGo({ key }: ActorClient): void {
    this.#owned.get(key)?.life.end("its handle was disposed of");
  }

  async whenEnded({ key }: ActorClient): Promise<void> {
    const owned = this.#owned.get(key);
    if (owned !== undefined) await this.#context.activity.during(owned.whenGone());
  }

  /** The actor is dead and its process is gone. */
  forget(owned: OwnedActor): void {
    this.#owned.delete(owned.key);
    this.#byClass.delete(owned.classId);
  }

  // From the daemon and from other processes.

  /** Returns false if the lease is for tasks. */
  granted(leaseId: number, workerId: number, classId: number): boolean {
    if (classId < ACTOR_CLASS_MIN) return false;
    const owned = this.#byClass.get(classId);
    if (owned === undefined) this.#context.daemon.returnLease(leaseId);
    else owned.granted(leaseId, workerId);
    return true;
  }

  rejected(classId: number, error: Error): void {
    this.#byClass.get(classId)?.rejected(error);
  }

  workerGone(notice: ExitNotice): void {
    this.handles.processGone(notice.processId);
    const crash = crashOf(notice);
    for (const client of this.#clients.values())
      client.deref()?.workerGone(notice.processId, crash);
    for (const owned of [...this.#owned.values()]) owned.workerGone(notice.processId, crash);
  }

  killAsked(key: number): void {
    this.#owned.get(key)?.life.kill("it was killed");
  }

  /** Ends the actor at once. Resolves when it is dead, and its process is gone. */
  kill(client: ActorClient): Promise<void> {
    return this.#context.activity.during(this.#kill(client));
  }

  async #kill(given: ActorClient): Promise<void> {
    if (this.#context.runtime.isEnded) return;
    await this.#owned.get(given.key)?.named;
    const client = given.resolved;
    const owned = this.#owned.get(client.key);
    if (owned !== undefined) {
      owned.life.kill("it was killed");
      await owned.whenGone();
      return;
    }
    const record = await this.#recordOf(client);
    if (record?.state === "dead") return;
    const ownerId = record?.ownerId ?? this.#context.objects.ownership.ownerOf(client.key);
    // Its owner may have told us of it before it told the daemon.
    if (record === undefined && (await this.handles.ask(ownerId, client.key)) === undefined) return;
    sendNumbers(this.#context.peers.get(ownerId), Kind.killActor, client.key);
    await this.#whenDead(client);
  }

  async #recordOf(client: ActorClient): Promise<ActorRecord | undefined> {
    const entry = await this.#context.control.get(actorEntryKey(client.key));
    return entry?.value as ActorRecord | undefined;
  }

  #whenDead(client: ActorClient): Promise<void> {
    return new Promise((resolve) => {
      this.#awaitingDeath.add(resolve);
      const stop = this.#context.control.watch(actorEntryKey(client.key), ({ value }) => {
        const record = value as ActorRecord | undefined;
        if (record !== undefined && record.state !== "dead") return;
        stop();
        this.#awaitingDeath.delete(resolve);
        resolve();
      });
    });
  }

  /** Lets the actors of this process that dispose of something do so. Resolves within a while. */
  async endGracefully(reason: string): Promise<void> {
    const disposing = [...this.#owned.values()].filter(({ spec }) => spec.isDisposable);
    for (const owned of disposing) owned.life.end(reason);
    const gone = Promise.all(disposing.map((owned) => owned.whenGone()));
    if (disposing.length > 0) await this.#context.activity.during(gone);
  }

  /** Throws if two fields disagree. */
  validate(): void {
    for (const { life } of this.#owned.values()) life.validate();
    for (const client of this.busy) client.validate();
  }

  /** The runtime is over. */
  end(error: Error): void {
    for (const client of this.busy) client.end(error);
    for (const owned of this.#owned.values()) owned.isOver();
    this.#owned.clear();
    for (const resolve of this.#awaitingDeath) resolve();
    this.handles.end();
  }
}
