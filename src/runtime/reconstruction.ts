/**
 * Makes stored objects again whose memory is lost: remembers how they were made, and has calls
 * run again whose results somebody needs.
 */

import type { CollectedRegistry, Collector } from "../base/collector.ts";
import { ObjectLostError } from "../base/errors.ts";
import { LINEAGE_BYTES_MAX } from "../base/limits.ts";
import { Lineage, type LineageEntry } from "../core/lineage.ts";
import { KeptCall, type Makings } from "./kept-call.ts";
import { hasSegments, objectName, ObjectRecord, processOf, type Content } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import {
  argumentLost,
  ELEMENT,
  exhausted,
  FORGOTTEN,
  LET_GO,
  lossOf,
  lostArgument,
  METHOD,
  NO_RETRIES,
  objectLost,
  ownerDied,
  PUT,
  unkeptArguments,
  type Loss,
  type Obstacle,
  type Origin,
} from "./origin.ts";
import { areThere, type Inlined, type PendingCall } from "./pending-call.ts";
import { RemoteTask } from "./remote-task.ts";
import type { Segment, Segments } from "./segments.ts";
import type { Submitter } from "./submitter.ts";

type Entry = LineageEntry<KeptCall>;

export class Reconstruction {
  readonly lineage = new Lineage<KeptCall>(LINEAGE_BYTES_MAX);
  readonly #objects: Objects;
  readonly #segments: Segments;
  #submitter!: Submitter;
  /** Results, each of which holds the call that made it. */
  readonly #holding = new WeakSet<ObjectRecord>();
  readonly #collector: Collector;
  readonly #collected: CollectedRegistry<Entry>;
  /** What became of the memory of objects that are lost. */
  readonly #losses = new WeakMap<ObjectRecord, Loss>();
  /** Lost objects that are needed: one after the other, however deep a chain of them is. */
  readonly #needed: ObjectRecord[] = [];
  #isMaking = false;
  #runtimeEnd: Error | undefined;
  /** Needed results of calls that run again already. */
  readonly #awaited = new Map<Entry, ObjectRecord[]>();
  /** A fault point: whether the stored result of a task is lost as it comes. */
  isLost: (() => boolean) | undefined;

  constructor(objects: Objects, segments: Segments, collector: Collector) {
    this.#objects = objects;
    this.#segments = segments;
    this.#collector = collector;
    this.#collected = collector.registry((entry) => this.lineage.release(entry));
  }

  /** Called once, before anything is called. */
  connect(submitter: Submitter): void {
    this.#submitter = submitter;
  }

  /** The runtime is over: nothing is made again. */
  end(error: Error): void {
    this.#runtimeEnd = error;
  }

  // How objects are made.

  wasPut(record: ObjectRecord): void {
    record.origin = this.#origin("it was stored by put", record, PUT);
  }

  /** An element of the stream of a call. */
  wasElement(record: ObjectRecord, call: PendingCall): void {
    const made = `it is an element of the stream of ${call.title}`;
    record.origin = this.#origin(made, call.results[0]!, ELEMENT);
  }

  /** Some of its results are stored. Called before it is over, and its arguments are let go of. */
  wasMade(call: PendingCall, contents: readonly Content[]): void {
    const stored = call.results.filter((_, index) => hasSegments(contents[index]!));
    const origin = originOf(call) ?? this.#newOrigin(call);
    for (const record of stored) {
      record.origin = origin;
      if (origin.entry !== undefined) this.#hold(record, origin.entry);
    }
    if (this.isLost !== undefined && call instanceof RemoteTask) this.#loseSome(contents);
  }

  #loseSome(contents: readonly Content[]): void {
    for (const content of contents) {
      if (content.kind !== "payload" || !hasSegments(content)) continue;
      if (this.isLost!()) this.#segments.lose(content.payload);
    }
  }

  #newOrigin(call: PendingCall): Origin {
    const made = `it is the result of ${call.title}`;
    const obstacle = obstacleOf(call);
    const origin = this.#origin(made, call.results[0]!, obstacle);
    if (obstacle !== undefined || !(call instanceof RemoteTask)) return origin;
    const kept = new KeptCall(call, origin, this.#collector);
    const { sizeBytes, inputs, runsLeft } = kept;
    origin.entry = this.lineage.keep(kept, sizeBytes, inputs, runsLeft);
    return origin;
  }

  #origin(made: string, { site }: ObjectRecord, obstacle: Obstacle | undefined): Origin {
    const isTold = this.#objects.recordsSites;
    return { made, site: isTold ? site : undefined, obstacle, entry: undefined };
  }

  #hold(record: ObjectRecord, entry: Entry): void {
    if (this.#holding.has(record)) return;
    this.#holding.add(record);
    this.#collected.register(record, entry, record);
    this.lineage.hold(entry);
  }

  /** Nobody will read the object any more. */
  released(record: ObjectRecord): void {
    const entry = record.origin?.entry;
    if (entry === undefined || !this.#holding.delete(record)) return;
    this.#collected.unregister(record);
    this.lineage.release(entry);
  }

  // What is lost.

  /** The content of the object cannot be read; it is made again when somebody needs it. */
  lose(record: ObjectRecord, loss: Loss): void {
    const { content } = record;
    if (content?.kind !== "payload") return;
    this.#losses.set(record, loss);
    record.lose();
    this.#segments.letGo(content.payload);
  }

  /**
   * Segments with arguments of the call could not be read where it was sent. Returns why the call
   * fails; undefined if it is to be sent again.
   */
  argumentsLost(call: PendingCall, segmentKeys: readonly number[]): Content | undefined {
    const isLost = ({ key }: Segment): boolean => segmentKeys.includes(key);
    const own = call.args.kind === "payload" ? call.args.payload.segments.filter(isLost) : [];
    const lost = call.inlined.filter(({ record: { content } }) => {
      return content?.kind === "payload" && content.payload.segments.some(isLost);
    });
    for (const { record } of lost) this.loseSegments(record, segmentKeys);
    if (own.length > 0) return { kind: "error", error: argumentLost(call.title, own[0]!.key) };
    if (call.keeper.sendAgain !== undefined) return undefined;
    const key = lost[0]?.record.key ?? segmentKeys[0]!;
    return { kind: "error", error: argumentLost(call.title, key) };
  }

  /** Somebody could not read these segments. */
  loseSegments(record: ObjectRecord, segmentKeys: readonly number[]): void {
    const { content } = record;
    if (content?.kind !== "payload") return;
    const { segments } = content.payload;
    if (segments.some(({ key }) => segmentKeys.includes(key))) this.lose(record, lossOf(segments));
  }

  lossOf(record: ObjectRecord): Loss | undefined {
    return this.#losses.get(record);
  }

  /** Whether the value can be read, as far as can be told without reading it. */
  #isThere({ content }: ObjectRecord): boolean {
    if (content === undefined) return false;
    return content.kind !== "payload" || this.#segments.isThere(content.payload);
  }

  // Making it again.

  /** Somebody needs an object of this process that is lost. */
  remake(record: ObjectRecord): void {
    this.#needed.push(record);
    if (this.#isMaking) return;
    this.#isMaking = true;
    for (let next = this.#needed.pop(); next !== undefined; next = this.#needed.pop()) {
      this.#remake(next);
    }
    this.#isMaking = false;
  }

  #remake(record: ObjectRecord): void {
    if (!record.isPending) return;
    if (this.#runtimeEnd !== undefined) {
      this.#objects.fail(record, this.#runtimeEnd);
      return;
    }
    const entry = record.origin?.entry;
    if (entry === undefined) {
      this.#fail(record);
      return;
    }
    switch (this.lineage.need(entry)) {
      case "run":
        return this.#run(entry, record);
      case "await":
        return void this.#awaited.get(entry)?.push(record);
      case "forgotten":
        return this.#fail(record, FORGOTTEN);
      case "exhausted":
        return this.#fail(record, exhausted(entry.call!.options.maxRetries));
    }
  }

  #fail(record: ObjectRecord, obstacle?: Obstacle): void {
    const { key, origin } = record;
    const isOrphan = origin === undefined && this.#objects.ownership.isGone(processOf(key));
    const lost = (): Error => objectLost(key, origin, this.lossOf(record), obstacle);
    this.#objects.fail(record, isOrphan ? ownerDied(key) : lost());
  }

  #run(entry: Entry, needed: ObjectRecord): void {
    const call = entry.call!;
    const args = call.arguments((makings) => this.#find(makings));
    const results = call.results.map((makings) => this.#pending(makings));
    const reason = this.lossOf(needed)?.reason ?? LET_GO.reason;
    call.failures.push(`its result ${objectName(needed.key)} was lost: ${reason}`);
    const { number, record, options, failures } = call;
    const task = new RemoteTask(number, record, options, args, results, this.#submitter, failures);
    task.origin = needed.origin;
    this.#awaited.set(entry, []);
    task.whenOver(() => this.#ended(entry, call));
    this.#submitter.resubmit(task);
  }

  #ended(entry: Entry, call: KeptCall): void {
    this.lineage.ended(entry, call.runsLeft);
    const awaited = this.#awaited.get(entry)!;
    this.#awaited.delete(entry);
    if (awaited.length === 0) return;
    // Those that are results of this run are settled by then.
    queueMicrotask(() => {
      for (const record of awaited) this.remake(record);
    });
  }

  /** An argument: as it is if it is there, otherwise to be made again when it is waited for. */
  #find(makings: Makings): ObjectRecord {
    const known = makings.last.deref();
    if (known === undefined) return this.#absent(makings);
    this.#loseIfGone(known);
    return known;
  }

  #loseIfGone(record: ObjectRecord): void {
    if (record.content?.kind === "payload" && !this.#isThere(record)) {
      this.lose(record, lossOf(record.content.payload.segments));
    }
  }

  /** Whether the arguments can be read, as far as can be told; one that is gone is lost now. */
  areReadable(inlined: readonly Inlined[]): boolean {
    for (const { record } of inlined) this.#loseIfGone(record);
    return areThere(inlined);
  }

  /** Nobody here knew the object any more. */
  #absent(makings: Makings): ObjectRecord {
    const record = this.#again(makings);
    record.isAbsent = true;
    this.#losses.set(record, LET_GO);
    makings.last = this.#collector.weakly(record);
    return record;
  }

  #again({ key, origin }: Makings): ObjectRecord {
    const record = new ObjectRecord(key, this.#objects);
    record.origin = origin;
    return record;
  }

  /** A result that is to be settled; what is still there stays, and its copy is for nobody. */
  #pending(makings: Makings): ObjectRecord {
    const known = this.#find(makings);
    if (!known.isPending) return this.#again(makings);
    known.isAbsent = false;
    return known;
  }

  /** The call lacks an argument, so that it has failed. */
  argumentFailure(call: PendingCall, argument: ObjectRecord): Content {
    const { content, key } = argument;
    if (content === undefined) return { kind: "error", error: argumentLost(call.title, key) };
    const origin = originOf(call);
    if (origin === undefined || content.kind !== "error") return content;
    if (!(content.error instanceof ObjectLostError)) return content;
    const needed = call.results.find((record) => this.#losses.has(record)) ?? call.results[0]!;
    const obstacle = lostArgument(argument.key);
    const loss = this.lossOf(needed);
    return {
      kind: "error",
      error: objectLost(needed.key, origin, loss, obstacle, content.error),
    };
  }
}

/** Set if the call runs again. */
function originOf(call: PendingCall): Origin | undefined {
  return call instanceof RemoteTask ? call.origin : undefined;
}

/** Why the results of the call cannot be made again, if that is certain now. */
function obstacleOf(call: PendingCall): Obstacle | undefined {
  if (!(call instanceof RemoteTask)) return METHOD;
  const { maxRetries } = call.options;
  if (maxRetries === 0) return NO_RETRIES;
  if (call.failures.length >= maxRetries) return exhausted(maxRetries);
  const { args } = call;
  const stored = args.kind === "payload" ? args.payload.segments : [];
  if (stored.length === 0) return undefined;
  return unkeptArguments(stored.reduce((sum, { file }) => sum + file.sizeBytes, 0));
}
