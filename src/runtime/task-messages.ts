/** The bodies of the frames of calls and results. Hot path. */

import type { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import type { HeldLease } from "../core/held-lease.ts";
import { amountsOf, type Demand } from "../core/resources.ts";
import { encodeValue } from "../values/encode.ts";
import { Kind } from "../wire/messages.ts";
import type { Content } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import { sentBuffers, type Primitive } from "./payload.ts";
import { BufferCursor } from "./payload-wire.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer } from "./peers.ts";
import type { CommonOptions, PendingCall } from "./pending-call.ts";
import type { RemoteTask } from "./remote-task.ts";
import type { Batch } from "./run-batch.ts";

/** What a task says beyond function and arguments; nil where it is the default. */
export interface Extras {
  readonly name: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly numReturns: number | undefined;
  /** Tasks of a process may look at the same memory. */
  readonly isShared: boolean;
  /** Of a generator: elements that it may be ahead of its consumer. */
  readonly streamBuffer: number | undefined;
  readonly batch: Batch | undefined;
  /** Of a task: 1 for its first run. */
  readonly attempt: number;
  /** Calls that led to it, each made by the one before. */
  readonly depth: number;
  /** The first of these calls: the key of its result. */
  readonly root: number | undefined;
  /** Resource → amount, if not one CPU. */
  readonly resources: Readonly<Record<string, number>> | undefined;
}

const NO_EXTRAS: Extras = {
  name: undefined,
  timeoutMs: undefined,
  numReturns: undefined,
  isShared: false,
  streamBuffer: undefined,
  batch: undefined,
  attempt: 1,
  depth: 0,
  root: undefined,
  resources: undefined,
};

/** Where a call stands among those that led to it. */
export type Descent = Pick<Extras, "depth" | "root">;

let lastNested = NO_EXTRAS;

/** Those of a call that says nothing else. Calls of one task share them. */
export function extrasOfNested(depth: number, root: number | undefined): Extras {
  if (root === undefined) return NO_EXTRAS;
  if (lastNested.depth !== depth || lastNested.root !== root) {
    lastNested = { ...NO_EXTRAS, depth, root };
  }
  return lastNested;
}

/** `[depth, root]`: of a call by a task, whose extras are otherwise the default. */
const NESTED_ITEMS = 2;
const DEFAULT_DEMAND_KEY = "CPU=10000";

export function writeTask(
  task: RemoteTask,
  lease: HeldLease,
  peer: Peer,
  objects: Objects,
  port: PayloadPort,
): void {
  if (!peer.sentFunctions.has(task.record.functionId)) port.defineFunction(peer, task.record);
  writeCall(Kind.task, 5, task, peer, objects, port, (body) => {
    body.integer(task.number);
    body.integer(lease.leaseId);
    body.integer(task.record.functionId);
    body.integer(task.posting);
    const { schedulingClass, batch } = task.options;
    writeExtras(body, task.options, task, task.attempt, schedulingClass.demand, batch);
  });
}

/** Sends `[...head, inlined | nil, meta | nil, arguments]`: a call of whatever kind. */
export function writeCall(
  kind: number,
  headCount: number,
  call: PendingCall,
  peer: Peer,
  objects: Objects,
  port: PayloadPort,
  writeHead: (body: MsgpackWriter) => void,
): void {
  const inlined = call.inlined.map(({ record }) => objects.toPayload(record));
  const args = call.args;
  const payload = args.kind === "payload" ? args.payload : undefined;
  let bufferCount = 0;
  for (const part of payload === undefined ? inlined : [payload, ...inlined]) {
    port.define(peer, part);
    bufferCount += sentBuffers(part).length;
  }
  const body = peer.link.begin(kind, bufferCount);
  try {
    body.arrayHeader(headCount + 3);
    writeHead(body);
    if (inlined.length === 0) body.nil();
    else {
      body.arrayHeader(3 * inlined.length);
      inlined.forEach((part, index) => {
        body.integer(call.inlined[index]!.position);
        port.write(body, peer, part);
      });
    }
    if (args.kind === "payload") port.write(body, peer, args.payload);
    else {
      body.nil();
      body.arrayHeader(args.values.length);
      for (const value of args.values) writePrimitive(body, value);
    }
  } catch (error) {
    peer.link.abandon();
    throw error;
  }
  // In the order in which they are read: those of the inlined values come first.
  peer.link.end(
    bufferCount === 0
      ? []
      : [...inlined, ...(payload === undefined ? [] : [payload])].flatMap(sentBuffers),
  );
}

/** `demand`: what the call holds while it runs, if it holds anything. */
export function writeExtras(
  body: MsgpackWriter,
  options: CommonOptions & { readonly name: string | undefined },
  { depth, root }: Descent,
  attempt: number,
  demand?: Demand,
  batch?: Batch,
): void {
  const { name, timeoutMs, numReturns, isShared, streamBuffer } = options;
  const isDefaultDemand = demand === undefined || demand.key === DEFAULT_DEMAND_KEY;
  const given = name ?? timeoutMs ?? numReturns ?? batch ?? streamBuffer;
  if (given === undefined && !isShared && isDefaultDemand && attempt === 1) {
    if (root === undefined) body.nil();
    else {
      body.arrayHeader(NESTED_ITEMS);
      body.integer(depth);
      body.integer(root);
    }
    return;
  }
  body.arrayHeader(10);
  writeOptional(body, name, (text) => body.string(text));
  writeOptional(body, timeoutMs, (value) => body.number(value));
  writeOptional(body, numReturns, (value) => body.integer(value));
  writeOptional(body, batch, (text) => body.string(text));
  writeOptional(body, isDefaultDemand ? undefined : amountsOf(demand), (amounts) => {
    const entries = Object.entries(amounts);
    body.mapHeader(entries.length);
    for (const [resource, amount] of entries) {
      body.string(resource);
      body.number(amount);
    }
  });
  body.boolean(isShared);
  writeOptional(body, streamBuffer, (value) => body.integer(value));
  body.integer(attempt);
  body.integer(depth);
  writeOptional(body, root, (key) => body.integer(key));
}

function writeOptional<T>(
  body: MsgpackWriter,
  value: T | undefined,
  write: (value: T) => void,
): void {
  if (value === undefined) body.nil();
  else write(value);
}

export function readExtras(body: MsgpackReader): Extras {
  if (body.takeNil()) return NO_EXTRAS;
  if (body.arrayHeader() === NESTED_ITEMS) return extrasOfNested(body.number(), body.number());
  return {
    name: readOptional(body, () => body.string()),
    timeoutMs: readOptional(body, () => body.number()),
    numReturns: readOptional(body, () => body.number()),
    batch: readOptional(body, () => body.string()) as Batch | undefined,
    resources: readOptional(body, () => {
      const amounts: Record<string, number> = {};
      for (let left = body.mapHeader(); left > 0; left--) amounts[body.string()] = body.number();
      return amounts;
    }),
    isShared: body.boolean(),
    streamBuffer: readOptional(body, () => body.number()),
    attempt: body.number(),
    depth: body.number(),
    root: readOptional(body, () => body.number()),
  };
}

function readOptional<T>(body: MsgpackReader, read: () => T): T | undefined {
  return body.takeNil() ? undefined : read();
}

const NO_EXTENSIONS = {
  root: "value",
  buffers: [],
  extend: () => undefined,
};

export function writePrimitive(body: MsgpackWriter, value: Primitive): void {
  if (typeof value === "number") body.number(value);
  else encodeValue(body, value, NO_EXTENSIONS);
}

/** The contents of a `result` frame, from its count on. */
export function readResult(
  peer: Peer,
  body: MsgpackReader,
  buffers: readonly Buffer[],
  port: PayloadPort,
): Content[] {
  const count = body.arrayHeader() / 2;
  const cursor = new BufferCursor(buffers);
  const contents: Content[] = [];
  for (let i = 0; i < count; i++) contents.push(readContent(peer, body, buffers, port, cursor));
  return contents;
}

/** One payload, which may be that of a primitive. */
export function readContent(
  peer: Peer,
  body: MsgpackReader,
  buffers: readonly Buffer[],
  port: PayloadPort,
  cursor: BufferCursor,
): Content {
  const start = body.position;
  if (body.peek() === 0xc0) {
    body.position++;
    const kind = body.kind();
    if (kind !== "array" && kind !== "map" && kind !== "extension" && kind !== "binary") {
      return { kind: "primitive", value: readPrimitive(body) };
    }
  }
  body.position = start;
  return { kind: "payload", payload: port.read(peer, body, buffers, cursor) };
}

function readPrimitive(body: MsgpackReader): Primitive {
  switch (body.kind()) {
    case "integer":
    case "float":
      return body.number();
    case "boolean":
      return body.boolean();
    case "string":
      return body.string();
    default:
      body.takeNil();
      return null;
  }
}
