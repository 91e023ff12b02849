/** Files that several tasks of a process read through the same views. */

import type { Clock, Timer } from "../base/clock.ts";
import { outsideTasks } from "./task-scope.ts";
import type { FileReading } from "../store/mapped-file.ts";

/** Kept for the next task: as long as a worker keeps an idle lease. */
const IDLE_MS = 1_000;

export class SharedReadings {
  readonly #clock: Clock;
  readonly #readings = new Map<number, SharedReading>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The reading under this key, opened if need be. Closing it is left to this class. */
  get(key: number, open: () => FileReading): FileReading {
    let reading = this.#readings.get(key);
    if (reading === undefined) {
      reading = new SharedReading(open(), this.#clock, () => this.#readings.delete(key));
      this.#readings.set(key, reading);
    }
    reading.used();
    return reading;
  }

  /** Views that tasks still have stay valid. */
  clear(): void {
    for (const reading of [...this.#readings.values()]) reading.end();
  }
}

class SharedReading implements FileReading {
  readonly #reading: FileReading;
  readonly #views = new Map<number, ArrayBuffer>();

  readonly #onEnded: () => void;
  readonly #clock: Clock;
  readonly #timer: Timer;

  constructor(reading: FileReading, clock: Clock, onEnded: () => void) {
    this.#clock = clock;
    this.#reading = reading;
    this.#onEnded = onEnded;
    this.#timer = outsideTasks(() => clock.setTimeout(() => this.end(), IDLE_MS).unref());
  }

  used(): void {
    this.#timer.refresh();
  }

  view(offsetBytes: number, sizeBytes: number): ArrayBuffer {
    const known = this.#views.get(offsetBytes);
    // Payloads of one segment agree on its pieces, but an empty one begins where another does.
    if (known?.byteLength === sizeBytes) return known;
    const view = this.#reading.view(offsetBytes, sizeBytes);
    this.#views.set(offsetBytes, view);
    return view;
  }

  peek(offsetBytes: number, sizeBytes: number): Uint8Array {
    return this.#reading.peek(offsetBytes, sizeBytes);
  }

  close(): void {
    // The next task may need it.
  }

  end(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#onEnded();
    this.#reading.close();
  }
}
