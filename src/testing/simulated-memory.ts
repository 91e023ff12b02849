/**
 * The memory of a simulated machine: what its workers hold, and what the kernel does when there is
 * no more. The object store has room of its own.
 */

import type { MemoryPlace } from "../core/memory-watch.ts";
import type { MemorySource } from "../daemon/memory-sampling.ts";
import type { Machine } from "./machine.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

/** What a worker has before it runs anything. */
const WORKER_BYTES = 30 * 2 ** 20;

export class SimulatedMemory implements MemorySource {
  readonly #machine: Machine;
  readonly #limitBytes: number;
  readonly #held = new Map<SimulatedProcess, number>();
  #kernelKills = 0;

  constructor(machine: Machine, limitBytes: number) {
    this.#machine = machine;
    this.#limitBytes = limitBytes;
  }

  workerStarted(process: SimulatedProcess): void {
    this.#held.set(process, WORKER_BYTES);
    process.whenDead(() => this.#held.delete(process));
  }

  /** The process has so much more, or less. Others do not: they are held for small. */
  take(process: SimulatedProcess, sizeBytes: number): void {
    const heldBytes = this.#held.get(process);
    if (heldBytes === undefined) return;
    this.#held.set(process, heldBytes + sizeBytes);
    while (this.#usedBytes > this.#limitBytes) this.#killLargest();
  }

  get #usedBytes(): number {
    let sum = 0;
    for (const heldBytes of this.#held.values()) sum += heldBytes;
    return sum;
  }

  /** As the kernel does. */
  #killLargest(): void {
    const [largest] = [...this.#held].sort(([, left], [, right]) => right - left);
    const [process] = largest!;
    this.#kernelKills++;
    this.#machine.note(process, "is killed, as memory has run out");
    this.#machine.kill(process);
  }

  ownBytes(process: SimulatedProcess): number | undefined {
    return this.#held.get(process);
  }

  // MemorySource.

  places(): MemoryPlace[] {
    const [usedBytes, limitBytes] = [this.#usedBytes, this.#limitBytes];
    return [{ name: "this machine", usedBytes, limitBytes }];
  }

  kernelKills(): number {
    return this.#kernelKills;
  }
}
