/** Shows how far a `map` is: to the program, and as a bar on a terminal. */

import type { SingleBar } from "cli-progress";
import { ownRequire } from "../closure/package-files.ts";
import type { MapOptions } from "./types.ts";

export class MapProgress {
  readonly #total: number | undefined;
  readonly #onProgress: MapOptions["onProgress"];
  readonly #bar: SingleBar | undefined;
  #done = 0;

  constructor(total: number | undefined, { progress, onProgress }: MapOptions) {
    this.#total = total;
    this.#onProgress = onProgress;
    if (progress !== true || !process.stderr.isTTY) return;
    // Loaded when it is wanted: most programs never need it.
    const bars = ownRequire("cli-progress") as typeof import("cli-progress");
    this.#bar = new bars.SingleBar(
      {
        format: "{bar} {value}/{total} {eta_formatted}",
        hideCursor: false,
        stream: process.stderr,
      },
      bars.Presets.shades_grey,
    );
    this.#bar.start(total ?? 0, 0);
  }

  advance(items: number): void {
    for (let i = 0; i < items; i++) {
      this.#done++;
      this.#onProgress?.({ done: this.#done, total: this.#total });
    }
    if (this.#total === undefined) this.#bar?.setTotal(this.#done);
    this.#bar?.update(this.#done);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
