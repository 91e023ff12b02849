/**
 * What the control plane holds of an actor: where it lives, or why it is dead. The owner writes
 * it; when the owner's process has ended, the daemon does.
 */

import type { ControlPlane, PlainValue } from "../control/control-plane.ts";
import type { ActorState } from "../core/actor-life.ts";
import type { ActorDeath } from "./actor-end.ts";
import { objectName } from "./object-record.ts";

/** Plain data. */
export type ActorRecord = {
  readonly key: number;
  readonly className: string;
  readonly name: string | undefined;
  readonly namespace: string;
  readonly isDetached: boolean;
  readonly ownerId: number;
  readonly state: ActorState;
  readonly incarnation: number;
  readonly restarts: number;
  readonly workerId: number | undefined;
  /** The name was taken: calls go to the actor that has it. */
  readonly sameAs: { readonly key: number; readonly ownerId: number } | undefined;
  /** Why it is dead, or had to be started again. */
  readonly end: ActorDeath | undefined;
};

export const ACTORS_PREFIX = "actor/";
const NAMES_PREFIX = "name/";

/** No such key begins with another one: watches, which follow prefixes, follow one actor each. */
export function actorEntryKey(key: number): string {
  return `${ACTORS_PREFIX}${objectName(key)}/`;
}

/** Names and namespaces are told apart whatever characters they have. */
export function nameEntryKey(namespace: string, name: string): string {
  return `${namesPrefixOf(namespace)}${name}`;
}

export function namesPrefixOf(namespace: string): string {
  return `${NAMES_PREFIX}${encodeURIComponent(namespace.toWellFormed())}/`;
}

export function nameOfEntry(entryKey: string): string {
  return entryKey.slice(entryKey.indexOf("/", NAMES_PREFIX.length) + 1);
}

/** Writes the states of one entry in their order; of those that pile up, the last one. */
export class PublishedRecord {
  readonly #control: ControlPlane;
  readonly #entryKey: string;
  #revision = 0;
  #latest: PlainValue | undefined;
  #writing: Promise<void> | undefined;

  constructor(control: ControlPlane, entryKey: string) {
    this.#control = control;
    this.#entryKey = entryKey;
  }

  /** Resolves when this state, or a later one, is written; or somebody else has taken over. */
  publish(value: PlainValue): Promise<void> {
    this.#latest = value;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#latest !== undefined) {
      const value = this.#latest;
      this.#latest = undefined;
      const outcome = await this.#control.compareAndSet(this.#entryKey, this.#revision, value);
      // Only a daemon that takes this process for dead writes here.
      if (!outcome.isSet) return;
      this.#revision = outcome.revision;
    }
  }
}
