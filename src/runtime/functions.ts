/** The remote functions that this process has made or was sent. */

import { ObjectLostError } from "../base/errors.ts";
import type { MsgpackReader } from "../base/msgpack.ts";
import { Kind } from "../wire/messages.ts";
import { FunctionRecord, type Callable } from "./function-record.ts";
import type { FunctionEntry } from "./memory-table.ts";
import { objectKey, objectName } from "./object-record.ts";
import type { KeyCounter } from "./key-counter.ts";
import type { Packer } from "./packer.ts";
import { sizeOf } from "./payload.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer, Peers } from "./peers.ts";

export class Functions {
  readonly #selfId: number;
  readonly #keys: KeyCounter;
  readonly #records = new Map<number, FunctionRecord>();
  /** Who has sent a function and not taken it back. */
  readonly #senders = new Map<number, Set<number>>();
  /** Made here and not collected: peers that send one back do not decide about it. */
  readonly #own = new Set<number>();

  constructor(selfId: number, keys: KeyCounter) {
    this.#keys = keys;
    this.#selfId = selfId;
  }

  /** Functions known here, for leak checks. */
  get size(): number {
    return this.#records.size;
  }

  /** What is known here. */
  all(): Iterable<FunctionRecord> {
    return this.#records.values();
  }

  /** Those whose captures are stored. */
  stored(): FunctionEntry[] {
    const entries: FunctionEntry[] = [];
    for (const { name, definition } of this.#records.values()) {
      if (definition === undefined || definition.segments.length === 0) continue;
      const segmentKeys = definition.segments.map(({ key }) => key);
      entries.push({ name, sizeBytes: sizeOf(definition), segmentKeys });
    }
    return entries;
  }

  create(name: string, parameterCount: number, isGenerator: boolean): FunctionRecord {
    const functionId = objectKey(this.#selfId, this.#keys.next());
    this.#own.add(functionId);
    return new FunctionRecord(functionId, this, name, parameterCount, isGenerator);
  }

  /** A function that was sent, or is about to be: its definition is on its way ahead of its use. */
  get(functionId: number): FunctionRecord {
    let record = this.#records.get(functionId);
    if (record === undefined) {
      record = new FunctionRecord(functionId, this, "", Infinity);
      this.#records.set(functionId, record);
    }
    return record;
  }

  keep(record: FunctionRecord): void {
    this.#records.set(record.functionId, record);
  }

  /** The peer has taken a function back; it stays while another one counts on it. */
  dropped(functionId: number, peer: Peer, peers: Peers): void {
    this.#senderGone(functionId, peer.processId, peers);
  }

  processGone(processId: number, peers: Peers): void {
    for (const functionId of [...this.#senders.keys()]) {
      this.#senderGone(functionId, processId, peers);
    }
  }

  #senderGone(functionId: number, senderId: number, peers: Peers): void {
    const senders = this.#senders.get(functionId);
    if (senders === undefined || !senders.delete(senderId) || senders.size > 0) return;
    this.#senders.delete(functionId);
    const record = this.#records.get(functionId);
    if (record !== undefined && !this.#own.has(functionId)) this.retire(record, peers);
  }

  /**
   * Takes the function back from everybody it was sent to. Code that still holds the record can
   * use it: it is sent again then.
   */
  retire(record: FunctionRecord, peers: Peers): void {
    this.#own.delete(record.functionId);
    this.#records.delete(record.functionId);
    for (const peer of peers.all()) {
      if (!peer.sentFunctions.delete(record.functionId)) continue;
      const body = peer.link.begin(Kind.dropFunction);
      body.arrayHeader(1);
      body.integer(record.functionId);
      peer.link.end();
    }
  }

  defined(peer: Peer, body: MsgpackReader, buffers: readonly Buffer[], port: PayloadPort): void {
    const record = this.get(body.number());
    record.name = body.string();
    record.parameterCount = body.number();
    record.isGenerator = body.boolean();
    const definition = port.read(peer, body, buffers);
    record.definition ??= definition;
    const senders = this.#senders.get(record.functionId) ?? new Set();
    this.#senders.set(record.functionId, senders.add(peer.processId));
  }

  /** Loads the function's modules and builds it; rejects with what a module threw. */
  prepare(record: FunctionRecord, packer: Packer): Promise<Callable> {
    record.preparing ??= build(record, packer).finally(() => {
      // A promise keeps the task in which it was made.
      record.preparing = undefined;
    });
    return record.preparing;
  }
}

async function build(record: FunctionRecord, packer: Packer): Promise<Callable> {
  const definition = record.definition;
  if (definition === undefined) {
    throw new Error(`Cannot run function ${record.functionId}: its definition has not come`);
  }
  await packer.prepare(definition);
  try {
    record.callable = packer.unpack(definition, false) as Callable;
  } catch (error) {
    throw error instanceof ObjectLostError ? capturesLost(record, error) : error;
  }
  return record.callable;
}

/** What it captured was as it was at the first call: nobody can capture that again. */
function capturesLost({ functionId, name }: FunctionRecord, cause: ObjectLostError): Error {
  const { reason } = cause;
  const objectId = objectName(functionId);
  return new ObjectLostError(
    `Cannot run ${name}: what it captures was stored, and ${reason}; make the function remote ` +
      "anew, or give it large values as arguments",
    { objectId, reason, origin: `it was captured with ${name}` },
    cause,
  );
}
