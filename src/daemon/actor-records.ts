/**
 * What the daemon does about actors: those whose owner's process has ended are dead, of the dead
 * the newest are remembered, and whoever asks is told of all that are known.
 */

import type { EmbeddedControl } from "../control/embedded.ts";
import { endFor } from "../runtime/actor-end.ts";
import { ACTORS_PREFIX, nameEntryKey, type ActorRecord } from "../runtime/actor-record.ts";

export function endActorsOf(ownerId: number, control: EmbeddedControl): void {
  for (const { key, revision, value } of control.entries(ACTORS_PREFIX)) {
    const record = value as ActorRecord;
    if (record.ownerId !== ownerId || record.state === "dead") continue;
    const end = endFor("the process that created it has ended");
    control.set(key, revision, { ...record, state: "dead", workerId: undefined, end });
    if (record.name !== undefined) freeName(record, control);
  }
}

/**
 * From now on, while there are none yet: deletes the oldest record of a dead actor as soon as there
 * are more than `deadMax`.
 */
export function forgetOldestDead(control: EmbeddedControl, deadMax: number): void {
  /** Revisions by key, in the order of their deaths. */
  const dead = new Map<string, number>();
  control.follow(ACTORS_PREFIX, ({ key, revision, value }) => {
    dead.delete(key);
    if ((value as ActorRecord | undefined)?.state !== "dead") return;
    dead.set(key, revision);
    if (dead.size <= deadMax) return;
    const [oldestKey, oldestRevision] = dead.entries().next().value!;
    dead.delete(oldestKey);
    control.set(oldestKey, oldestRevision, undefined);
  });
}

/** The class of the actor that lives in a worker. */
export function actorIn(workerId: number, control: EmbeddedControl): string | undefined {
  for (const { value } of control.entries(ACTORS_PREFIX)) {
    const record = value as ActorRecord;
    if (record.workerId === workerId) return record.className;
  }
  return undefined;
}

export interface WorkerPid {
  readonly processId: number;
  readonly pid: number;
}

export interface ActorsAnswer {
  /** In the order of their last changes. */
  readonly actors: readonly ActorRecord[];
  /** The workers that live: an actor's owner may not know yet that its worker does not. */
  readonly workers: readonly WorkerPid[];
}

export function describeActors(
  control: EmbeddedControl,
  workers: readonly WorkerPid[],
): ActorsAnswer {
  const entries = control.entries(ACTORS_PREFIX);
  entries.sort((left, right) => left.revision - right.revision);
  const records = entries.map(({ value }) => value as ActorRecord);
  // What only stands for another actor was never one.
  return { actors: records.filter(({ sameAs }) => sameAs === undefined), workers };
}

/** Unless somebody else has it by now. */
function freeName({ key, namespace, name }: ActorRecord, control: EmbeddedControl): void {
  const entry = control.find(nameEntryKey(namespace, name!));
  if (entry !== undefined && entry.value === key) control.set(entry.key, entry.revision, undefined);
}
