/** The work: counts the prefixes of words as documents come in. */
import type { Document } from "./documents.ts";

/** A prefix that is counted more often is popular. */
const UNPOPULAR_MAX = 3;

/** Knows what it has counted: as an actor, it keeps that where it lives. */
export class StreamingPrefixCount {
  readonly #counts = new Map<string, number>();
  readonly #popular = new Set<string>();

  addDocument(document: Document): void {
    countPrefixes(document, this.#counts, this.#popular);
  }

  getPopular(): ReadonlySet<string> {
    return this.#popular;
  }
}

/** Counts every prefix of every word, the word itself left out. */
export function countPrefixes(
  document: Document,
  counts: Map<string, number>,
  popular: Set<string>,
): void {
  for (const word of document) {
    for (let length = 1; length < word.length; length++) {
      const prefix = word.slice(0, length);
      const count = (counts.get(prefix) ?? 0) + 1;
      counts.set(prefix, count);
      if (count > UNPOPULAR_MAX) popular.add(prefix);
    }
  }
}
