/**
 * The calls that this process has made and that are not over, of functions and of methods: takes
 * their arguments, waits for refs among them, and turns what comes back into settled objects.
 * When and where a call runs is its keeper's business.
 */

import type { Clock } from "../base/clock.ts";
import type { CollectedRegistry, Collector } from "../base/collector.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import type { Activity } from "./activity.ts";
import { Kind } from "../wire/messages.ts";
import { takeArguments } from "./call-arguments.ts";
import { CallDepth } from "./call-depth.ts";
import { Cancelling } from "./cancelling.ts";
import { addCall, removeCall } from "./nested-calls.ts";
import {
  hasSegments,
  objectCount,
  type CallSite,
  type Content,
  type ObjectRecord,
} from "./object-record.ts";
import type { Objects } from "./objects.ts";
import type { Packer } from "./packer.ts";
import type { PayloadPort } from "./payload-port.ts";
import { BufferCursor } from "./payload-wire.ts";
import { sendNumbers, type Peer, type Peers } from "./peers.ts";
import type { Arguments, CommonOptions, Inlined, PendingCall } from "./pending-call.ts";
import type { Segments } from "./segments.ts";
import { StreamInbox } from "./stream-inbox.ts";
import { readContent, readResult } from "./task-messages.ts";
import type { TaskScope } from "./task-scope.ts";

export interface CallsContext {
  readonly objects: Objects;
  readonly packer: Packer;
  readonly segments: Segments;
  readonly port: PayloadPort;
  readonly peers: Peers;
  readonly activity: Activity;
  readonly clock: Clock;
  readonly collector: Collector;
}

/** Makes the call of one kind or another. */
type MakeCall<C> = (number: number, args: Arguments, results: readonly ObjectRecord[]) => C;

export class Calls {
  readonly cancelling: Cancelling;
  readonly #context: CallsContext;
  /** Sent, or run in this process, and not over. */
  readonly #inFlight = new Map<number, PendingCall>();
  readonly #depth = new CallDepth();
  /** A stream that nobody holds is not read any more: its generator is closed. */
  readonly #heldStreams: CollectedRegistry<StreamInbox>;
  /** Calls that are not over and have refs, or stored arguments. */
  readonly holding = new Set<PendingCall>();
  #pending = 0;
  #ended: Error | undefined;

  constructor(context: CallsContext) {
    this.#context = context;
    this.cancelling = new Cancelling(this, context);
    this.#heldStreams = context.collector.registry((inbox) => inbox.close(false));
  }

  /** Hot path. Throws if an argument cannot be sent; everything else rejects the result. */
  create<C extends PendingCall>(
    options: CommonOptions,
    args: readonly unknown[],
    site: CallSite | undefined,
    parent: TaskScope | undefined,
    make: MakeCall<C>,
  ): C {
    if (this.#ended !== undefined) throw this.#ended;
    if (parent !== undefined) {
      parent.throwIfCancelled();
      this.#depth.check(parent);
    }
    const { objects, packer, segments } = this.#context;
    const captured = takeArguments(args, packer);
    const results: ObjectRecord[] = [];
    for (let left = options.numReturns ?? 1; left > 0; left--) results.push(objects.create(site));
    const call = make(objectCount(results[0]!.key), captured, results);
    if (parent !== undefined) {
      call.parent = parent;
      addCall(parent, call);
    }
    if (captured.kind === "payload" && captured.payload.segments.length > 0) {
      call.whenOver(() => segments.letGo(captured.payload));
    }
    const { streamBuffer } = options;
    if (streamBuffer !== undefined) call.stream = this.#newStream(call, results[0]!, streamBuffer);
    this.add(call);
    return call;
  }

  /** From now on it is pending. */
  add(call: PendingCall): void {
    if (holdsObjects(call.args)) {
      this.holding.add(call);
      call.whenOver(() => this.holding.delete(call));
    }
    for (const result of call.results) result.maker = call;
    if (this.#pending++ === 0) this.#context.activity.begin();
  }

  #newStream(call: PendingCall, end: ObjectRecord, aheadMax: number): StreamInbox {
    const { objects, peers } = this.#context;
    const send = (kind: number, ...numbers: number[]): void => {
      const { workerId } = call;
      const peer = workerId === undefined ? undefined : peers.find(workerId);
      if (peer !== undefined && !call.isDone) sendNumbers(peer, kind, call.number, ...numbers);
    };
    return new StreamInbox(end, aheadMax, {
      keep: (content) => objects.received(content, call),
      discard: (record) => objects.discard(record),
      consumed: (count) => send(Kind.streamConsumed, count),
      stop: () => {
        if (!call.isUnsent) send(Kind.streamStop);
        else this.cancelling.streamClosed(call);
      },
      held: this.#heldStreams,
    });
  }

  /** The keeper knows the call: it is ready, now or once its arguments have come. */
  begin(call: PendingCall): void {
    const { signal } = call.options;
    if (signal !== undefined && !this.cancelling.obey(signal, call)) return;
    if (call.missing === 0) call.keeper.ready(call);
    else this.#awaitArguments(call);
  }

  #awaitArguments(call: PendingCall): void {
    const { inlined } = call;
    for (const { record } of inlined) record.needed();
    call.whenOver(() => {
      for (const { record } of inlined) record.noLongerNeeded();
    });
    this.#await(call, inlined);
  }

  /** As `missing` says. */
  #await(call: PendingCall, inlined: readonly Inlined[]): void {
    const { reconstruction } = this.#context.objects;
    const arrived = (record: ObjectRecord): void => {
      call.missing--;
      if (call.isDone) return;
      if (record.isFailed) this.abandon(call, reconstruction.argumentFailure(call, record));
      else if (call.missing === 0) call.keeper.ready(call);
    };
    for (const { record } of inlined) record.whenSettled(arrived);
  }

  /** The call is not sent, as arguments are lost: it is ready when they are there again. */
  awaitAgain(call: PendingCall): void {
    // What could not be made again fails it.
    const lost = call.inlined.filter(({ record }) => record.isPending || record.isFailed);
    call.missing = lost.length;
    if (lost.length === 0) call.keeper.ready(call);
    else this.#await(call, lost);
  }

  /** Calls that are not over. */
  get pending(): number {
    return this.#pending;
  }

  // In flight.

  /** It is being sent, or run here: an answer will come. */
  sent(call: PendingCall): void {
    this.#inFlight.set(call.number, call);
  }

  get inFlight(): Iterable<PendingCall> {
    return this.#inFlight.values();
  }

  /** What runs on a worker: the first in line of this process's calls there. */
  findNameOn(workerId: number): string | undefined {
    for (const call of this.#inFlight.values()) if (call.workerId === workerId) return call.name;
    return undefined;
  }

  /** What was sent is lost, and is to be sent again. */
  unsent(call: PendingCall): void {
    this.#inFlight.delete(call.number);
    call.attemptOver();
  }

  /** What was over is to run once more. */
  reopened(): void {
    if (this.#pending++ === 0) this.#context.activity.begin();
  }

  resultCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const call = this.#inFlight.get(body.number());
    const durationUs = body.number();
    const contents = readResult(peer, body, buffers, this.#context.port);
    if (call !== undefined) this.succeed(call, durationUs, contents);
  }

  elementCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const call = this.#inFlight.get(body.number());
    const { port, objects } = this.#context;
    const content = readContent(peer, body, buffers, port, new BufferCursor(buffers));
    if (call?.stream !== undefined) call.stream.push(content);
    else objects.discard(objects.received(content));
  }

  voidCame(body: MsgpackReader): void {
    const call = this.#inFlight.get(body.number());
    if (call === undefined) return;
    this.succeed(call, body.number(), [{ kind: "primitive", value: undefined }]);
  }

  failureCame(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[]): void {
    const call = this.#inFlight.get(body.number());
    const durationUs = body.number();
    const payload = this.#context.port.read(peer, body, buffers);
    if (call !== undefined) this.bodyFailed(call, { kind: "failure", payload }, durationUs);
  }

  /** Arguments that were sent could not be read: nothing of the call has run. */
  argumentsLostCame(body: MsgpackReader): void {
    const call = this.#inFlight.get(body.number());
    const segmentKeys: number[] = [];
    for (let left = body.arrayHeader(); left > 0; left--) segmentKeys.push(body.number());
    if (call !== undefined) this.argumentsLost(call, segmentKeys);
  }

  argumentsLost(call: PendingCall, segmentKeys: readonly number[]): void {
    const { reconstruction } = this.#context.objects;
    const failure = reconstruction.argumentsLost(call, segmentKeys);
    if (failure !== undefined) this.fail(call, failure);
    else call.keeper.sendAgain!(call);
  }

  /** The call may run again. */
  bodyFailed(call: PendingCall, failure: Content, durationUs: number): void {
    if (call.keeper.failed?.(call, failure, durationUs) === true) return;
    this.fail(call, failure, durationUs);
  }

  startedCame(body: MsgpackReader): void {
    const call = this.#inFlight.get(body.number());
    const timeoutMs = call?.options.timeoutMs;
    if (call !== undefined && timeoutMs !== undefined) this.cancelling.limitTime(call, timeoutMs);
  }

  // Ends.

  succeed(call: PendingCall, durationUs: number, contents: readonly Content[]): void {
    const { results } = call;
    const { objects } = this.#context;
    if (contents.some(hasSegments)) objects.reconstruction.wasMade(call, contents);
    this.#over(call, durationUs, undefined);
    for (let i = 0; i < results.length; i++) objects.settle(results[i]!, contents[i]!);
  }

  /** The call was sent and is over. `durationUs`: undefined if that is not known. */
  fail(call: PendingCall, content: Content, durationUs?: number): void {
    const { results } = call;
    this.#over(call, durationUs, content);
    this.failResults(results, content);
  }

  #over(call: PendingCall, durationUs: number | undefined, failure: Content | undefined): void {
    this.#inFlight.delete(call.number);
    call.keeper.finished(call, durationUs, failure);
    this.#ends(call);
  }

  /** The call was not sent, and will not be. */
  abandon(call: PendingCall, content: Content): void {
    call.keeper.abandoned(call, content);
    this.failUnsent(call, content);
  }

  /** As its keeper has decided: it knows already that the call is over. */
  failUnsent(call: PendingCall, content: Content): void {
    this.#ends(call);
    this.failResults(call.results, content);
  }

  #ends(call: PendingCall): void {
    call.attemptOver();
    call.over();
    if (call.parent !== undefined) removeCall(call.parent, call);
    if (!call.isGivenUp) this.#oneLess();
  }

  #oneLess(): void {
    if (--this.#pending === 0) this.#context.activity.end();
  }

  /** It was stopped, and what runs for it may never end: the program does not wait for that. */
  giveUp(call: PendingCall): void {
    call.isGivenUp = true;
    call.attemptOver();
    this.#oneLess();
  }

  failResults(results: readonly ObjectRecord[], content: Content): void {
    for (const record of results) this.#context.objects.settle(record, content);
  }

  /** The runtime is over: nothing that is in flight will come, and no call is taken. */
  end(error: Error): void {
    this.#ended = error;
    for (const call of [...this.#inFlight.values()]) this.#endCall(call, error, true);
  }

  /** Whoever ended the runtime knows that nothing more will come of its calls. */
  endUnsent(call: PendingCall, error: Error): void {
    this.#endCall(call, error, false);
  }

  #endCall(call: PendingCall, error: Error, wasSent: boolean): void {
    for (const record of call.results) record.isObserved = true;
    const content: Content = { kind: "error", error };
    if (wasSent) this.fail(call, content);
    else this.failUnsent(call, content);
  }
}

function holdsObjects(args: Arguments): boolean {
  if (args.inlined.length > 0) return true;
  if (args.kind === "primitives") return false;
  return args.payload.refs.length > 0 || args.payload.segments.length > 0;
}
