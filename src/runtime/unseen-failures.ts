/**
 * Failures that nobody looked at: reported once, when the ref goes or when the program ends.
 * Anything else would let a failed task pass for a finished one.
 */

import { inspect } from "node:util";
import type { CollectedRegistry, Collector } from "../base/collector.ts";
import { CallDepthError } from "../base/errors.ts";
import { CALL_DEPTH_MAX } from "../base/limits.ts";
import { objectName, type ObjectRecord } from "./object-record.ts";

export class UnseenFailures {
  readonly #report: (text: string) => void;
  readonly #unseen = new Set<ObjectRecord>();
  readonly #collected: CollectedRegistry<ObjectRecord>;

  constructor(report: (text: string) => void, collector: Collector) {
    this.#collected = collector.registry((record) => this.#tell(record));
    this.#report = report;
  }

  /** `ref` is the program's handle; with it goes the last chance to look. */
  watch(record: ObjectRecord, ref: object): void {
    this.#unseen.add(record);
    this.#collected.register(ref, record);
  }

  /** Reports all that is left; the program ends. */
  reportAll(): void {
    for (const record of [...this.#unseen]) this.#tell(record);
  }

  #tell(record: ObjectRecord): void {
    if (!this.#unseen.delete(record) || record.isObserved) return;
    const name = objectName(record.key);
    const what = record.isActor
      ? `Actor ${name} could not be created and nobody called it`
      : `A task failed and nobody awaited its ref ${name}`;
    // The callbacks of a settled record run at once: this is safe while the process exits.
    record.home.read(record, ignore, (error) => {
      if (!isConsequence(error)) this.#report(`${what}:\n${inspect(error)}\n`);
    });
  }
}

/** Of thousands of calls that call each other without end the deepest ones tell. */
function isConsequence(error: unknown): boolean {
  return error instanceof CallDepthError && error.depth < CALL_DEPTH_MAX;
}

function ignore(): void {
  // A failed record never resolves.
}
