/** What is built on the API asks of refs and handles. */

import { ActorDiedError, ActorUnavailableError } from "../base/errors.ts";
import { objectName } from "../runtime/object-record.ts";
import { ObjectRef as Handle } from "../runtime/object-ref.ts";
import { clientFor, clientOf } from "./actor-handle.ts";
import type { AnyActorHandle } from "./actor-types.ts";
import type { ObjectRef } from "./types.ts";

export function isRef(value: unknown): value is ObjectRef<unknown> {
  return value instanceof Handle;
}

/** @throws InvalidOptionError if `value` is no handle, which says what it was meant for */
export function checkHandle(value: unknown, act: string): void {
  clientFor(value, act);
}

/** Whether `error`, which a call of the actor failed with, says that the actor is over for good. */
export function isLost(actor: AnyActorHandle, error: unknown): boolean {
  const client = clientOf(actor);
  if (client === undefined) return false;
  // Its calls fail with what its constructor has thrown.
  if (client.record.isFailed) return true;
  const isDeath = error instanceof ActorDiedError && !(error instanceof ActorUnavailableError);
  // An actor may pass on the error of another one.
  if (!isDeath) return false;
  return [client, client.resolved].some(({ key }) => objectName(key) === error.actorId);
}
