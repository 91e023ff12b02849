/**
 * What the daemon does about actors: those whose owner's process has ended are dead, of the dead
 * the newest are remembered, and whoever asks is told of all that are known.
 */

import type { EmbeddedControl } from "../control/embedded.ts";
import { endFor } from "../runtime/actor-end.ts";
import { ACTORS_PREFIX, nameEntryKey, type ActorRecord } from "../runtime/actor-record.ts";

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

/** The records of actors in the control plane, as they are, by entry key. */
export class ActorRecords {
  readonly #control: EmbeddedControl;
  readonly #deadMax: number;
  /** In the order of their last changes. */
  readonly #records = new Map<
    string,
    { readonly record: ActorRecord; readonly revision: number }
  >();
  /** Keys in the order of their deaths. */
  readonly #dead = new Set<string>();

  /** Deletes the oldest record of a dead actor as soon as there are more than `deadMax`. */
  constructor(control: EmbeddedControl, deadMax: number) {
    this.#control = control;
    this.#deadMax = deadMax;
    control.follow(ACTORS_PREFIX, ({ key, revision, value }) => {
      this.#records.delete(key);
      this.#dead.delete(key);
      if (value === undefined) return;
      const record = value as ActorRecord;
      this.#records.set(key, { record, revision });
      if (record.state === "dead") this.#died(key);
    });
  }

  #died(key: string): void {
    this.#dead.add(key);
    if (this.#dead.size <= this.#deadMax) return;
    const [oldest] = this.#dead;
    // Of several that die while others are told, each makes another one go.
    this.#dead.delete(oldest!);
    this.#control.set(oldest!, this.#records.get(oldest!)!.revision, undefined);
  }

  ownerGone(ownerId: number): void {
    for (const [key, { record, revision }] of [...this.#records]) {
      if (record.ownerId !== ownerId || record.state === "dead") continue;
      const end = endFor("the process that created it has ended");
      this.#control.set(key, revision, { ...record, state: "dead", workerId: undefined, end });
      if (record.name !== undefined) freeName(record, this.#control);
    }
  }

  /** The class of the actor that lives in a worker. */
  classIn(workerId: number): string | undefined {
    for (const { record } of this.#records.values()) {
      if (record.workerId === workerId) return record.className;
    }
    return undefined;
  }

  /** Of the machine's workers, told as they are given. */
  describe(workers: readonly WorkerPid[]): ActorsAnswer {
    const records = [...this.#records.values()].map(({ record }) => record);
    // What only stands for another actor was never one.
    return { actors: records.filter(({ sameAs }) => sameAs === undefined), workers };
  }
}

/** Unless somebody else has it by now. */
function freeName({ key, namespace, name }: ActorRecord, control: EmbeddedControl): void {
  const entry = control.find(nameEntryKey(namespace, name!));
  if (entry !== undefined && entry.value === key) control.set(entry.key, entry.revision, undefined);
}
