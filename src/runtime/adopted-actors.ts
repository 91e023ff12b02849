/** The driver creates detached actors for workers, which they are to outlive. */

import type { MsgpackReader } from "../base/msgpack.ts";
import { demandOf } from "../core/resources.ts";
import { readPlain } from "../values/plain-data.ts";
import type { AdoptionSpec } from "./actor-messages.ts";
import type { IncomingCalls } from "./incoming-calls.ts";
import type { ActorSpec } from "./owned-actor.ts";
import type { Peer } from "./peers.ts";
import type { Runtime } from "./runtime.ts";

export function adoptionAsked(
  runtime: Runtime,
  incoming: IncomingCalls,
  peer: Peer,
  body: MsgpackReader,
  buffers: readonly Buffer[],
): void {
  const { functions, actors, packer } = runtime;
  const number = body.number();
  const record = functions.get(body.number());
  const { amounts, depth, ...rest } = readPlain<AdoptionSpec>(body, "spec");
  const spec: ActorSpec = { ...rest, record, demand: demandOf(amounts), source: record };
  const args = incoming.readArguments(peer, body, buffers, false);
  const reply = incoming.replyTo(peer);
  const create = (values: readonly unknown[]): void => {
    const client = actors.create(spec, values, undefined, undefined, depth);
    reply.succeeded({ number }, 0, [packer.handleOf(client)]);
  };
  if (Array.isArray(args)) create(args);
  else {
    (args as () => Promise<readonly unknown[]>)()
      .then(create)
      .catch((error: unknown) => reply.failed({ number }, 0, error));
  }
}
