/** Files that several tasks of a process read through the same views. */

import type { FileReading } from "../store/mapped-file.ts";

/** Kept for the next task: as long as a worker keeps an idle lease. */
const IDLE_MS = 1_000;

export class SharedReadings {
  readonly #readings = new Map<number, SharedReading>();
  #timer: NodeJS.Timeout | undefined;

  /** The reading under this key, opened if need be. Closing it is left to this class. */
  get(key: number, open: () => FileReading): FileReading {
    let reading = this.#readings.get(key);
    if (reading === undefined) {
      reading = new SharedReading(open());
      this.#readings.set(key, reading);
    }
    this.#timer ??= setTimeout(() => this.clear(), IDLE_MS).unref();
    this.#timer.refresh();
    return reading;
  }

  /** Views that tasks still have stay valid. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const reading of this.#readings.values()) reading.end();
    this.#readings.clear();
  }
}

class SharedReading implements FileReading {
  readonly #reading: FileReading;
  readonly #views = new Map<number, ArrayBuffer>();

  constructor(reading: FileReading) {
    this.#reading = reading;
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
    this.#reading.close();
  }
}
