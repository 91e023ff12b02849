/** The files of stored objects of a simulated machine, in memory and on disk. */

import type { StoreFiles } from "../daemon/store-files.ts";
import type { Place } from "../store/store-file.ts";

export interface SimulatedFile {
  place: Place;
  readonly bytes: Uint8Array;
}

export class SimulatedFiles implements StoreFiles {
  readonly #files = new Map<string, SimulatedFile>();
  /** Bytes in memory, by process. */
  readonly usage = new Map<number, number>();
  /** In memory, for what comes. */
  hasRoom = true;
  #made = 0;

  /** A name that no file has had. */
  newName(makerId: number): string {
    return `${makerId}-${(++this.#made).toString(16)}`;
  }

  create(name: string, place: Place, bytes: Uint8Array): void {
    this.#files.set(name, { place, bytes });
  }

  find(name: string): SimulatedFile | undefined {
    return this.#files.get(name);
  }

  names(): string[] {
    return [...this.#files.keys()];
  }

  remove(name: string): void {
    this.#files.delete(name);
  }

  clearUsage(slot: number): void {
    this.usage.delete(slot);
  }

  get memoryBytes(): number {
    let sum = 0;
    for (const sizeBytes of this.usage.values()) sum += sizeBytes;
    return sum;
  }
}
