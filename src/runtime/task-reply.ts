/** Where outcomes of tasks go: to the submitter's process, or to this process's own submitter. */

import type { MsgpackWriter } from "../base/msgpack.ts";
import { Kind } from "../wire/messages.ts";
import type { Content } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import type { Packer } from "./packer.ts";
import { isPrimitive, PRIMITIVE_BYTES, sentBuffers, sizeOf, type Payload } from "./payload.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer } from "./peers.ts";
import type { RemoteTask } from "./remote-task.ts";
import type { Numbered, RunningTask, TaskReply } from "./running-task.ts";
import type { Submitter } from "./submitter.ts";
import { writePrimitive } from "./task-messages.ts";

/** Replies over the link on which the task came. Hot path. */
export class LinkReply implements TaskReply {
  readonly #peer: Peer;
  readonly #objects: Objects;
  readonly #packer: Packer;
  readonly #port: PayloadPort;

  constructor(peer: Peer, objects: Objects, packer: Packer, port: PayloadPort) {
    this.#peer = peer;
    this.#objects = objects;
    this.#packer = packer;
    this.#port = port;
  }

  succeeded(task: Numbered, durationUs: number, values: readonly unknown[]): void {
    const only = values[0];
    if (values.length === 1 && isPrimitive(only)) {
      const body = this.#begin(only === undefined ? Kind.resultVoid : Kind.result, 0);
      body.arrayHeader(only === undefined ? 2 : 3);
      body.integer(task.number);
      body.integer(durationUs);
      if (only !== undefined) {
        body.arrayHeader(2);
        body.nil();
        writePrimitive(body, only);
      }
      this.#peer.link.end();
    } else this.#sendPayloads(task, durationUs, values);
  }

  #sendPayloads(task: Numbered, durationUs: number, values: readonly unknown[]): void {
    const payloads = values.map((value) => this.#packer.pack(value, "result"));
    for (const payload of payloads) this.#port.define(this.#peer, payload);
    const buffers = payloads.flatMap(sentBuffers);
    const body = this.#begin(Kind.result, buffers.length);
    body.arrayHeader(3);
    body.integer(task.number);
    body.integer(durationUs);
    body.arrayHeader(2 * payloads.length);
    for (const payload of payloads) this.#port.write(body, this.#peer, payload);
    this.#peer.link.end(buffers);
    for (const payload of payloads) this.#giveAway(payload);
  }

  element(task: Numbered, value: unknown): number {
    if (isPrimitive(value)) {
      const body = this.#begin(Kind.streamElement, 0);
      body.arrayHeader(3);
      body.integer(task.number);
      body.nil();
      writePrimitive(body, value);
      this.#peer.link.end();
      return PRIMITIVE_BYTES;
    }
    const payload = this.#packer.pack(value, "element");
    this.#port.send(this.#peer, Kind.streamElement, 3, payload, (body) => {
      body.integer(task.number);
    });
    this.#giveAway(payload);
    return sizeOf(payload);
  }

  failed(task: Numbered, durationUs: number, error: unknown): void {
    const payload = this.#packer.packError(error);
    this.#port.send(this.#peer, Kind.failure, 4, payload, (body) => {
      body.integer(task.number);
      body.integer(durationUs);
    });
    this.#giveAway(payload);
  }

  argumentsLost(task: Numbered, segmentKeys: readonly number[]): void {
    const body = this.#begin(Kind.argumentsLost, 0);
    body.arrayHeader(2);
    body.integer(task.number);
    body.arrayHeader(segmentKeys.length);
    for (const key of segmentKeys) body.integer(key);
    this.#peer.link.end();
  }

  #giveAway(payload: Payload): void {
    this.#objects.shared.giveAway(payload, this.#peer);
  }

  started(task: RunningTask): void {
    const body = this.#begin(Kind.started, 0);
    body.arrayHeader(1);
    body.integer(task.number);
    this.#peer.link.end();
  }

  dropped(leaseId: number): void {
    const body = this.#begin(Kind.dropped, 0);
    body.arrayHeader(1);
    body.integer(leaseId);
    this.#peer.link.end();
  }

  leaseBlocked(leaseId: number, isBlocked: boolean): void {
    const body = this.#begin(Kind.leaseBlocked, 0);
    body.arrayHeader(2);
    body.integer(leaseId);
    body.boolean(isBlocked);
    this.#peer.link.end();
  }

  output(_task: RunningTask, stream: 1 | 2, name: string, pid: number, text: string): void {
    sendOutput(this.#peer, stream, name, pid, text);
  }

  flush(): void {
    this.#peer.link.flush();
  }

  #begin(kind: number, bufferCount: number): MsgpackWriter {
    return this.#peer.link.begin(kind, bufferCount);
  }
}

export function sendOutput(
  peer: Peer,
  stream: 1 | 2,
  name: string,
  pid: number,
  text: string,
): void {
  const body = peer.link.begin(Kind.output);
  body.arrayHeader(4);
  body.integer(stream);
  body.string(name);
  body.integer(pid);
  body.string(text.toWellFormed());
  peer.link.end();
  peer.link.flush();
}

/** Results of a task that was submitted and run in this process. */
export class LocalReply implements TaskReply {
  readonly #submitter: Submitter;
  readonly #objects: Objects;
  readonly #packer: Packer;
  /** Undefined once it is answered: whoever has the reply then wants to write at most. */
  #task: RemoteTask | undefined;
  /** Where the output of the task that submitted it goes. */
  readonly #parent: RunningTask | undefined;

  constructor(
    submitter: Submitter,
    objects: Objects,
    packer: Packer,
    task: RemoteTask,
    parent: RunningTask | undefined,
  ) {
    this.#submitter = submitter;
    this.#objects = objects;
    this.#packer = packer;
    this.#task = task;
    this.#parent = parent;
  }

  succeeded(_task: Numbered, durationUs: number, values: readonly unknown[]): void {
    // Through bytes as over a link: results are copies, wherever the task ran.
    this.#over(
      durationUs,
      values.map((value) => this.#objects.contentOf(value, "result")),
    );
  }

  failed(_task: Numbered, durationUs: number, error: unknown): void {
    const failure: Content = { kind: "failure", payload: this.#packer.packError(error) };
    this.#submitter.localFailed(this.#taken(), failure, durationUs);
  }

  argumentsLost(_task: Numbered, segmentKeys: readonly number[]): void {
    this.#submitter.localArgumentsLost(this.#taken(), segmentKeys);
  }

  #over(durationUs: number, contents: readonly Content[]): void {
    this.#submitter.localOver(this.#taken(), durationUs, contents);
  }

  #taken(): RemoteTask {
    const task = this.#task!;
    this.#task = undefined;
    return task;
  }

  element(): number {
    throw new Error("Cannot stream within a process: generators run in others");
  }

  started(): void {
    // Tasks with a deadline are not run in the process that waits for them.
  }

  dropped(): void {
    // What this process takes to run it itself is on no board.
  }

  leaseBlocked(): void {
    // The lease belongs to the task that was pushed.
  }

  output(_task: RunningTask, stream: 1 | 2, name: string, pid: number, text: string): void {
    this.#parent?.reply.output(this.#parent, stream, name, pid, text);
  }

  flush(): void {
    this.#parent?.reply.flush();
  }
}
