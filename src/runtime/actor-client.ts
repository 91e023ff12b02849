/**
 * An actor as one process sees it that calls it: carries out what `core/actor-calls.ts` decides.
 * All handles of the actor in this process share one client.
 */

import { PendingCallsLimitError } from "../base/errors.ts";
import { ActorCalls, type ActorCallsSink } from "../core/actor-calls.ts";
import { diedError, endFor, unavailableError, type ActorDeath } from "./actor-end.ts";
import { writeMethodCall } from "./actor-messages.ts";
import type { ActorRecord } from "./actor-record.ts";
import type { ActorContext } from "./actors.ts";
import { MethodCall, type MethodCallOptions } from "./method-call.ts";
import { objectName, type CallSite, type Content, type ObjectRecord } from "./object-record.ts";
import type { CallKeeper, Cancellation } from "./pending-call.ts";
import type { TaskScope } from "./task-scope.ts";

/** What handles say of their actor wherever they go. */
export type ActorTraits = {
  readonly className: string;
  readonly maxTaskRetries: number;
  readonly maxPendingCalls: number;
  /** Methods whose calls give streams. */
  readonly generators: readonly string[];
};

export class ActorClient implements CallKeeper<MethodCall>, ActorCallsSink<MethodCall> {
  readonly key: number;
  readonly traits: ActorTraits;
  /** The creation, settled once the constructor has run; holding it keeps the actor alive. */
  readonly record: ObjectRecord;
  readonly #context: ActorContext;
  readonly #lines = new ActorCalls<MethodCall>(this);
  #workerId: number | undefined;
  #pending = 0;
  #isLetGo = false;
  /** The actor that has the name which this one was to get. */
  #sameAs: ActorClient | undefined;
  #death: ActorDeath | undefined;
  /** Of a constructor that threw when it ran again. */
  #failure: Content | undefined;
  #lastCrash: ActorDeath | undefined;

  constructor(record: ObjectRecord, traits: ActorTraits, context: ActorContext) {
    this.key = record.key;
    this.record = record;
    this.traits = traits;
    this.#context = context;
  }

  /** The client of the actor that is really there. */
  get resolved(): ActorClient {
    return this.#sameAs?.resolved ?? this;
  }

  get className(): string {
    return this.traits.className;
  }

  get maxTaskRetries(): number {
    return this.traits.maxTaskRetries;
  }

  get workerId(): number | undefined {
    return this.#workerId;
  }

  get runtime(): ActorContext["runtime"] {
    return this.#context.runtime;
  }

  /** Hot path. Throws if an argument cannot be sent; everything else rejects the result. */
  call(
    method: string,
    options: MethodCallOptions,
    args: readonly unknown[],
    site: CallSite | undefined,
    scope: TaskScope | undefined,
  ): MethodCall {
    if (this.#sameAs !== undefined) return this.#sameAs.call(method, options, args, site, scope);
    if (this.#pending >= this.traits.maxPendingCalls) throw this.#tooMany(method);
    const { calls } = this.#context;
    const call = calls.create(options, args, site, scope, (number, captured, results) => {
      return new MethodCall(number, this, method, options, captured, results);
    });
    this.#count();
    const isReady = call.missing === 0 && options.signal === undefined;
    if (isReady && this.#lines.sendAtOnce(call, scope)) return call;
    this.#lines.add(call, scope);
    calls.begin(call);
    return call;
  }

  #count(): void {
    // While a call is pending the actor lives, whoever holds a handle.
    if (this.#pending++ === 0) this.#context.actors.busy.add(this);
    this.record.isObserved = true;
  }

  /** Calls go to another actor from now on, those that wait first. */
  redirect(other: ActorClient): void {
    if (other === this || this.#sameAs !== undefined) return;
    this.#sameAs = other;
    for (const call of this.#lines.takeUnsent()) {
      call.client = other;
      other.#count();
      other.#lines.add(call, call.parent);
      if (call.state === "ready") other.ready(call);
      this.#oneLess();
    }
  }

  #tooMany(method: string): Error {
    const { className, maxPendingCalls } = this.traits;
    const actorId = objectName(this.key);
    return new PendingCallsLimitError(
      `Cannot call ${className}.${method}: ${maxPendingCalls} calls of actor ${actorId} are ` +
        "pending, as many as its maxPendingCalls; await some of them first",
      { actorId, maxPendingCalls },
    );
  }

  // CallKeeper.

  ready(call: MethodCall): void {
    this.#lines.ready(call, call.parent);
  }

  abandoned(call: MethodCall): void {
    this.#lines.abandon(call, call.parent);
    this.#oneLess();
  }

  finished(call: MethodCall): void {
    this.#lines.finished(call);
    if (!call.isStopped) this.#oneLess();
  }

  #oneLess(): void {
    if (--this.#pending > 0) return;
    this.#context.actors.busy.delete(this);
    if (this.#isLetGo) this.#context.actors.letGo(this);
  }

  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** An actor is never ended for one of its calls: the body is asked to end. */
  stopped(call: MethodCall, cancellation: Cancellation): void {
    this.#context.calls.cancelling.askToEnd(call, cancellation);
    if (call.isStopped) return;
    call.isStopped = true;
    this.#context.calls.giveUp(call);
    this.#oneLess();
  }

  /** Throws if what is known of its calls disagrees. */
  validate(): void {
    this.#lines.validate();
  }

  // ActorCallsSink.

  send(call: MethodCall, workerId: number, incarnation: number): void {
    const { calls, peers, objects, port } = this.#context;
    this.#workerId = workerId;
    calls.sent(call);
    const lost = call.inlined.find(({ record }) => record.isPending || record.isFailed);
    if (lost !== undefined) {
      // It is sent again, and was lost meanwhile: those that were sent after it do not wait.
      calls.fail(call, objects.reconstruction.argumentFailure(call, lost.record));
      return;
    }
    try {
      writeMethodCall(call, incarnation, peers.get(workerId), objects, port);
    } catch (error) {
      // Its arguments are too large together: known only now, when refs have become values.
      calls.fail(call, { kind: "error", error });
    }
  }

  isWhole({ inlined }: MethodCall): boolean {
    return inlined.length === 0 || this.#context.objects.reconstruction.areReadable(inlined);
  }

  makeWhole(call: MethodCall): void {
    this.#context.calls.awaitAgain(call);
  }

  again(call: MethodCall): void {
    call.attempt++;
    this.#context.calls.unsent(call);
  }

  unavailable(call: MethodCall): void {
    const error = unavailableError(call, this, this.#lastCrash!);
    this.#context.calls.fail(call, { kind: "error", error });
  }

  dead(call: MethodCall, wasSent: boolean): void {
    const content = this.#contentOfDeath(call.name);
    if (wasSent) this.#context.calls.fail(call, content);
    else {
      this.#context.calls.failUnsent(call, content);
      this.#oneLess();
    }
  }

  #contentOfDeath(callName: string): Content {
    const { content } = this.record;
    if (this.#failure !== undefined) return this.#failure;
    if (this.#death!.isCreation && this.record.isFailed) return content!;
    return { kind: "error", error: diedError(callName, this, this.#death!) };
  }

  // What the owner says, directly or through the control plane.

  located(workerId: number, incarnation: number): void {
    if (!this.#context.objects.ownership.isGone(workerId)) {
      this.#lines.located(workerId, incarnation);
    }
  }

  /** The worker has ended, and nothing of it is unread. */
  workerGone(workerId: number, crash: ActorDeath): void {
    this.#lastCrash = crash;
    this.#lines.lost(workerId);
  }

  restarting(crash: ActorDeath): void {
    this.#lastCrash ??= crash;
    this.#lines.restarting();
  }

  /** `isNow`: nothing in flight will be answered. */
  died(death: ActorDeath, isNow: boolean, failure?: Content): void {
    if (this.#lines.isDead) return;
    this.#death = death;
    this.#failure = failure;
    this.#lines.died();
    if (isNow) this.#lines.endInFlight();
  }

  /** What the control plane says of an actor that another process owns. */
  published(record: ActorRecord | undefined): void {
    if (record === undefined) {
      this.died(endFor("nothing is known of it any more"), false);
      return;
    }
    const { state, workerId, incarnation, end, sameAs } = record;
    if (sameAs !== undefined) this.#context.actors.redirect(this, sameAs.ownerId, sameAs.key);
    else if (state === "alive") this.located(workerId!, incarnation);
    else if (state === "restarting") this.restarting(end!);
    else if (state === "dead") this.#diedElsewhere(end!);
  }

  /** What its creation has failed with is asked of the owner. */
  #diedElsewhere(death: ActorDeath): void {
    if (!death.isCreation) this.died(death, false);
    else this.record.whenSettled(() => this.died(death, false));
  }

  /** The runtime is over. */
  end(error: Error): void {
    for (const call of this.#lines.unsent()) {
      call.state = "done";
      this.#context.calls.endUnsent(call, error);
    }
  }

  // Its end.

  /**
   * The handle is not used any more. In the process that made the actor, this ends it once the
   * calls that are pending here are done.
   */
  letGo(): void {
    this.#isLetGo = true;
    if (!this.isBusy) this.#context.actors.letGo(this);
  }

  /** Resolves when an actor of this process is dead and its process is gone. */
  whenEnded(): Promise<void> {
    return this.#context.actors.whenEnded(this);
  }
}
