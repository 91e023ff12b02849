/** Functions on actors: `getActor`, `kill`. */

import { InvalidOptionError } from "../base/errors.ts";
import type { ActorClient } from "../runtime/actor-client.ts";
import { clientFor, makeHandle, type KnownClass } from "./actor-handle.ts";
import type { AnyActorHandle, GetActor, GetActorOptions } from "./actor-types.ts";
import { configuredOf } from "./configured.ts";
import { runtimeForCalls } from "./init.ts";
import { isClass } from "./is-class.ts";
import { checkOptions, describe, isText } from "./options.ts";

/**
 * A handle of the actor that was created with this name. With its class as first argument the
 * handle has the type of the class.
 *
 * @throws ActorNotFoundError if there is none: it was not created yet, or has ended
 * @throws InvalidOptionError if its class has another name than the one given
 * @example
 * const counter = await getActor(Counter, "visits");
 * await counter.add(1);
 */
export const getActor = (async (...given: unknown[]) => {
  const hasClass = typeof given[0] !== "string";
  const [actorClass, name, options] = hasClass ? given : [undefined, ...given];
  const known = actorClass === undefined ? undefined : classNameOf(actorClass);
  const nameRule = isText(name);
  if (nameRule !== undefined) throw wrong("name", name, `it ${nameRule}`);
  checkOptions(options ?? {}, { namespace: isText }, "getActor");
  const runtime = runtimeForCalls();
  const { namespace = runtime.namespace } = (options ?? {}) as GetActorOptions;
  const client = await runtime.actors.find({ namespace, name: name as string });
  if (known !== undefined) checkClass(client, name as string, known);
  return makeHandle(client, known?.actorClass);
}) as GetActor;

interface Named {
  readonly className: string;
  /** Undefined if the remote class came from another process. */
  readonly actorClass: KnownClass | undefined;
}

function classNameOf(value: unknown): Named {
  if (typeof value === "function") {
    const configured = configuredOf(value);
    if (configured === undefined && isClass(value)) {
      return { className: value.name, actorClass: value };
    }
    if (configured?.isClass === true) {
      const className = configured.source.recordIn(runtimeForCalls()).name;
      return { className, actorClass: configured.source.callable };
    }
  }
  throw wrong("class", value, "it must be a class, or the actor's name");
}

function wrong(option: string, value: unknown, why: string): InvalidOptionError {
  return new InvalidOptionError(
    `Cannot get actor: its ${option} is ${describe(value)}, and ${why}; ` +
      'call getActor("name") or getActor(Class, "name")',
    { option, value },
  );
}

function checkClass({ className }: ActorClient, name: string, wanted: Named): void {
  if (className === wanted.className) return;
  throw wrong("name", name, `that actor is a ${className}, no ${wanted.className}`);
}

/**
 * Ends an actor at once, whatever it is doing, and does not restart it: its pending calls fail
 * with ActorDiedError. Resolves when its process is gone. To let it finish, dispose of the handle
 * that `new` gave.
 */
export function kill(actor: AnyActorHandle): Promise<void> {
  const client = clientFor(actor, "kill");
  return client.runtime.actors.kill(client);
}
