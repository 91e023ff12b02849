/** Locality-sensitive hashing: finds similar sketches without comparing each with each. */
import { hashRange } from "./shingles.ts";
import { similarity } from "./sketch.ts";
import type { Sketch } from "./sketch.ts";

/**
 * Sketches that agree in all 8 numbers of any of 32 bands are candidates. Of two texts as similar
 * as the minimum, 3 pairs in 1,000 are missed; of more similar ones hardly any.
 */
const MIN_SIMILARITY = 0.8;
const BANDS = 32;
const BAND_WIDTH = 8;

export interface Group {
  /** Indices of the files, ascending. */
  readonly files: readonly number[];
  /** The least that a file has in common with the one it was grouped by. */
  readonly similarity: number;
}

/** Groups of near-duplicates, the largest first. Entries that are no sketch are passed over. */
export function findGroups(sketches: readonly Sketch[]): Group[] {
  const groups = new Groups(sketches.length);
  for (let band = 0; band < BANDS; band++) {
    // The first file with these numbers stands for all that follow: a thousand copies of one
    // licence make a thousand comparisons, not a million.
    const firstWith = new Map<number, number>();
    sketches.forEach((sketch, file) => {
      if (typeof sketch === "string") return;
      const numbers = hashRange(sketch, band * BAND_WIDTH, (band + 1) * BAND_WIDTH);
      const first = firstWith.get(numbers);
      if (first === undefined) return void firstWith.set(numbers, file);
      if (groups.areJoined(first, file)) return;
      const estimate = similarity(sketches[first] as Uint32Array, sketch);
      if (estimate >= MIN_SIMILARITY) groups.join(first, file, estimate);
    });
  }
  return groups.list();
}

/** A union-find forest: every file points to another file of its group, or to itself. */
class Groups {
  readonly #parents: number[];
  readonly #similarities: number[];

  constructor(files: number) {
    this.#parents = Array.from({ length: files }, (_, file) => file);
    this.#similarities = Array.from({ length: files }, () => 1);
  }

  areJoined(one: number, other: number): boolean {
    return this.#root(one) === this.#root(other);
  }

  join(one: number, other: number, estimate: number): void {
    const [root, child] = [this.#root(one), this.#root(other)];
    const known = Math.min(this.#similarities[root]!, this.#similarities[child]!);
    this.#similarities[root] = Math.min(known, estimate);
    this.#parents[child] = root;
  }

  list(): Group[] {
    const members = new Map<number, number[]>();
    this.#parents.forEach((_, file) => {
      const root = this.#root(file);
      const group = members.get(root);
      if (group === undefined) members.set(root, [file]);
      else group.push(file);
    });
    return [...members]
      .filter(([, files]) => files.length > 1)
      .map(([root, files]) => ({ files, similarity: this.#similarities[root]! }))
      .sort((a, b) => b.files.length - a.files.length);
  }

  #root(file: number): number {
    let root = file;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    this.#parents[file] = root; // A shorter way the next time.
    return root;
  }
}
