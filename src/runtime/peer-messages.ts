/** What other processes tell this one: each message goes to the part that it concerns. */

import type { MsgpackReader } from "../base/msgpack.ts";
import type { CodeObject } from "../closure/code.ts";
import { Kind } from "../wire/messages.ts";
import { adoptionAsked } from "./adopted-actors.ts";
import { receiveOwnershipMessage } from "./ownership-messages.ts";
import type { Peer } from "./peers.ts";
import type { Cancellation } from "./pending-call.ts";
import type { Runtime } from "./runtime.ts";

export function receiveMessage(
  runtime: Runtime,
  peer: Peer,
  kind: number,
  body: MsgpackReader,
  buffers: readonly Buffer[],
): void {
  runtime.poller.touch();
  body.arrayHeader();
  switch (kind) {
    case Kind.result:
      return runtime.calls.resultCame(peer, body, buffers);
    case Kind.streamElement:
      return runtime.calls.elementCame(peer, body, buffers);
    case Kind.streamConsumed:
      return runtime.producers.consumed(peer.processId, body.number(), body.number());
    case Kind.resultVoid:
      return runtime.calls.voidCame(body);
    case Kind.failure:
      return runtime.calls.failureCame(peer, body, buffers);
    case Kind.argumentsLost:
      return runtime.calls.argumentsLostCame(body);
    case Kind.started:
      return runtime.calls.startedCame(body);
    case Kind.defineCode:
      return codeCame(runtime, peer, body, buffers);
    case Kind.defineFunction:
      return runtime.functions.defined(peer, body, buffers, runtime.port);
    case Kind.dropFunction:
      return runtime.functions.dropped(body.number(), peer, runtime.peers);
    case Kind.fetch:
      return runtime.objects.fetches.fetchCame(body);
    case Kind.value:
      return runtime.objects.fetches.valueCame(peer, body, buffers);
    case Kind.transfer:
      return runtime.objects.shared.transferCame(peer, body, buffers);
    case Kind.transferSegment:
      return runtime.segments.transferCame(peer, body);
    case Kind.returnFile:
      return runtime.segments.returnCame(body);
    case Kind.output:
      return outputCame(runtime, peer, body);
    case Kind.leaseBlocked:
      return runtime.submitter.blockedCame(body.number(), body.boolean());
    case Kind.dropped:
      return runtime.submitter.droppedCame(body.number());
    case Kind.cancelObject:
      return cancelAsked(runtime, body.number(), {
        ...{ isForced: body.boolean(), isRecursive: body.boolean() },
      });
    case Kind.killActor:
      return runtime.actors.killAsked(body.number());
    case Kind.adoptActor:
      return adoptionAsked(runtime, runtime.incoming, peer, body, buffers);
    case Kind.askHandle:
      return runtime.actors.handles.asked(peer, body.number(), body.number());
    case Kind.handleAnswer:
      return runtime.actors.handles.answered(peer, body, buffers);
    default:
      if (receiveOwnershipMessage(runtime.objects.ownership, peer, kind, body)) return;
      // Kinds that this version does not know are passed over.
      runtime.host.frame(peer, kind, body, buffers);
  }
}

function codeCame(
  { port, packer }: Runtime,
  peer: Peer,
  body: MsgpackReader,
  buffers: readonly Buffer[],
): void {
  const hash = body.string();
  const payload = port.read(peer, body, buffers);
  packer.closures.addCode(packer.unpack(payload, true) as CodeObject);
  peer.sentCodes.add(hash);
}

function cancelAsked(runtime: Runtime, key: number, how: Omit<Cancellation, "reason">): void {
  const record = runtime.objects.shared.findLent(key);
  if (record !== undefined) runtime.cancel(record, how);
}

function outputCame({ exits, host }: Runtime, peer: Peer, body: MsgpackReader): void {
  const stream = body.number() === 2 ? 2 : 1;
  const [name, pid, text] = [body.string(), body.number(), body.string()];
  if (stream === 2) exits.wrote(peer.processId, text);
  host.output(peer, stream, name, pid, text);
}
