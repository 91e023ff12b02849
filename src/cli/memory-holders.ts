/** Who holds which object, from the tables of all processes. Pure. */

import type { MemoryTable, ObjectEntry } from "../runtime/memory-table.ts";
import { objectName } from "../runtime/object-record.ts";
import type { ProcessName } from "./process-name.ts";

export type Holder =
  /** Refs in the process. */
  | { readonly how: "ref"; readonly process: ProcessName; readonly count: number }
  /** A task that has it as argument; `process` has called it, `worker` runs it. */
  | {
      readonly how: "task";
      readonly process: ProcessName;
      readonly task: string;
      readonly worker: ProcessName | null;
    }
  /** Arrays in the process that look at its memory. */
  | { readonly how: "view"; readonly process: ProcessName; readonly count: number }
  /** A ref is inside another object. */
  | { readonly how: "nested"; readonly process: ProcessName; readonly object: string }
  /** A function has captured it. */
  | { readonly how: "function"; readonly process: ProcessName; readonly function: string }
  /** The process has it, as its owner knows. */
  | { readonly how: "borrowed"; readonly process: ProcessName };

export class Holders {
  readonly #nameOf: (processId: number) => ProcessName;
  readonly #holders = new Map<number, Holder[]>();

  constructor(tables: readonly MemoryTable[], nameOf: (processId: number) => ProcessName) {
    this.#nameOf = nameOf;
    for (const table of tables) this.#addTable(table);
  }

  #addTable({ processId, objects, segments, tasks, functions }: MemoryTable): void {
    const process = this.#nameOf(processId);
    for (const { key, refs } of objects) {
      if (refs > 0) this.#add(key, { how: "ref", process, count: refs });
    }
    for (const { name, workerId, objectKeys, segmentKeys } of tasks) {
      const worker = workerId === undefined ? null : this.#nameOf(workerId);
      for (const key of new Set([...objectKeys, ...segmentKeys])) {
        this.#add(key, { how: "task", process, task: name, worker });
      }
    }
    for (const { key, views } of segments) {
      if (views > 0) this.#add(key, { how: "view", process, count: views });
    }
    for (const { name, segmentKeys } of functions) {
      for (const key of segmentKeys) this.#add(key, { how: "function", process, function: name });
    }
  }

  /** The refs inside an object, which is to be added once. */
  addNested({ key, ownerId, nestedKeys }: ObjectEntry): void {
    const process = this.#nameOf(ownerId);
    for (const nested of nestedKeys) {
      this.#add(nested, { how: "nested", process, object: objectName(key) });
    }
  }

  #add(key: number, holder: Holder): void {
    const found = this.#holders.get(key);
    if (found === undefined) this.#holders.set(key, [holder]);
    else found.push(holder);
  }

  /** Of an object and its stored pieces. Borrowers are named that do not say themselves how. */
  of(keys: readonly number[], borrowerIds: readonly number[]): Holder[] {
    const holders = keys.flatMap((key) => this.#holders.get(key) ?? []);
    const known = new Set(holders.map(({ process }) => process.processId));
    for (const holder of holders) {
      if (holder.how === "task" && holder.worker !== null) known.add(holder.worker.processId);
    }
    for (const processId of borrowerIds) {
      if (known.has(processId)) continue;
      holders.push({ how: "borrowed", process: this.#nameOf(processId) });
    }
    return holders;
  }
}
