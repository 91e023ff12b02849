/** Frames by which actors are made, called and ended. */

import type { PlainValue } from "../control/control-plane.ts";
import { amountsOf } from "../core/resources.ts";
import { Kind } from "../wire/messages.ts";
import { writePlain } from "../values/plain-data.ts";
import type { FunctionRecord } from "./function-record.ts";
import type { MethodCall } from "./method-call.ts";
import type { Objects } from "./objects.ts";
import type { ActorSpec } from "./owned-actor.ts";
import type { PayloadPort } from "./payload-port.ts";
import type { Peer } from "./peers.ts";
import type { CommonOptions, PendingCall } from "./pending-call.ts";
import { writeCall, writeExtras } from "./task-messages.ts";

/** What the worker of an actor is told beside class and arguments. Plain data. */
export type ActorSettings = {
  readonly className: string;
  readonly maxConcurrency: number;
  readonly groups: readonly MethodGroup[];
  readonly cpuAffinity: readonly number[] | null;
  /** What it holds as long as it lives; its cores others may have while all that it runs waits. */
  readonly resources: Readonly<Record<string, number>>;
};

/** Methods with a limit of their own. */
export type MethodGroup = {
  readonly name: string;
  readonly maxConcurrency: number;
  readonly methods: readonly string[];
};

export interface CreationParts {
  readonly record: FunctionRecord;
  readonly actorKey: number;
  readonly incarnation: number;
  readonly leaseId: number;
  readonly settings: ActorSettings;
  readonly options: CommonOptions & { readonly name: string | undefined };
}

export function writeCreation(
  call: PendingCall,
  { record, actorKey, incarnation, leaseId, settings, options }: CreationParts,
  peer: Peer,
  objects: Objects,
  port: PayloadPort,
): void {
  if (!peer.sentFunctions.has(record.functionId)) port.defineFunction(peer, record);
  writeCall(Kind.createActor, 7, call, peer, objects, port, (body) => {
    body.integer(call.number);
    body.integer(record.functionId);
    body.integer(actorKey);
    body.integer(incarnation);
    body.integer(leaseId);
    writePlain(body, settings satisfies PlainValue, "settings");
    writeExtras(body, options, call, incarnation);
  });
}

/** Of a detached actor: all of how it is to be made. */
export function writeAdoption(
  call: PendingCall,
  spec: ActorSpec,
  peer: Peer,
  objects: Objects,
  port: PayloadPort,
): void {
  const { record, source: _source, demand, ...rest } = spec;
  if (!peer.sentFunctions.has(record.functionId)) port.defineFunction(peer, record);
  const plain: AdoptionSpec = { ...rest, amounts: amountsOf(demand), depth: call.depth };
  writeCall(Kind.adoptActor, 3, call, peer, objects, port, (body) => {
    body.integer(call.number);
    body.integer(record.functionId);
    writePlain(body, plain, "spec");
  });
}

/** An `ActorSpec` as plain data, without the class. */
export type AdoptionSpec = Omit<ActorSpec, "record" | "source" | "demand"> & {
  readonly amounts: Readonly<Record<string, number>>;
  readonly depth: number;
};

/** Hot path. */
export function writeMethodCall(
  call: MethodCall,
  incarnation: number,
  peer: Peer,
  objects: Objects,
  port: PayloadPort,
): void {
  writeCall(Kind.callMethod, 4, call, peer, objects, port, (body) => {
    body.integer(call.number);
    body.integer(incarnation);
    body.string(call.method);
    writeExtras(body, call.options, call, call.attempt);
  });
}
