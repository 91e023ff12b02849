/** Names of actors, in the control plane: who asks first has it, until the actor is dead. */

import { ActorNameTakenError, ActorNotFoundError } from "../base/errors.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import {
  actorEntryKey,
  nameEntryKey,
  namesPrefixOf,
  nameOfEntry,
  type ActorRecord,
} from "./actor-record.ts";
import { objectName } from "./object-record.ts";

export interface ActorName {
  readonly namespace: string;
  readonly name: string;
}

/** Names that are listed in a message. */
const LISTED_NAMES_MAX = 10;

export class ActorNames {
  readonly #control: ControlPlane;

  constructor(control: ControlPlane) {
    this.#control = control;
  }

  /** Undefined: the actor has the name now. Otherwise who has it. */
  async claim({ namespace, name }: ActorName, key: number): Promise<ActorRecord | undefined> {
    const entryKey = nameEntryKey(namespace, name);
    let revision = 0;
    for (;;) {
      const outcome = await this.#control.compareAndSet(entryKey, revision, key);
      if (outcome.isSet) return undefined;
      revision = outcome.entry?.revision ?? 0;
      if (outcome.entry === undefined) continue;
      const holder = await this.#recordOf(outcome.entry.value as number);
      // A dead actor's name is on its way to be free.
      if (holder !== undefined && holder.state !== "dead") return holder;
    }
  }

  async free({ namespace, name }: ActorName, key: number): Promise<void> {
    const entry = await this.#control.get(nameEntryKey(namespace, name));
    if (entry?.value === key) {
      await this.#control.compareAndSet(entry.key, entry.revision, undefined);
    }
  }

  async find({ namespace, name }: ActorName): Promise<ActorRecord | undefined> {
    const entry = await this.#control.get(nameEntryKey(namespace, name));
    const record = entry && (await this.#recordOf(entry.value as number));
    return record?.state === "dead" ? undefined : record;
  }

  async #recordOf(key: number): Promise<ActorRecord | undefined> {
    const entry = await this.#control.get(actorEntryKey(key));
    return entry?.value as ActorRecord | undefined;
  }

  async notFound({ namespace, name }: ActorName): Promise<ActorNotFoundError> {
    const entries = await this.#control.list(namesPrefixOf(namespace));
    // Its actor may have just died: then the name is on its way to be free.
    const others = entries.map(({ key }) => nameOfEntry(key)).filter((other) => other !== name);
    const names = others.map((other) => JSON.stringify(other));
    const more = names.length > LISTED_NAMES_MAX ? " and others" : "";
    const known =
      names.length === 0
        ? "no actor there has a name"
        : `there are ${names.slice(0, LISTED_NAMES_MAX).join(", ")}${more}`;
    return new ActorNotFoundError(
      `Cannot get actor ${JSON.stringify(name)}: namespace ${JSON.stringify(namespace)} has no ` +
        `such actor, ${known}; create it first, or look in another namespace`,
      { actorName: name, namespace },
    );
  }
}

export function nameTaken(holder: ActorRecord): ActorNameTakenError {
  const { name, namespace, className, key, ownerId } = holder;
  const actorId = objectName(key);
  return new ActorNameTakenError(
    `Cannot create actor ${JSON.stringify(name)}: actor ${actorId}, a ${className} that process ` +
      `${ownerId} created, has this name in namespace ${JSON.stringify(namespace)}; choose ` +
      "another name, or get that actor with getIfExists or getActor",
    { actorName: name, namespace, actorId },
  );
}
