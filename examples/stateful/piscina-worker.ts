/** The worker file: a pool's function knows nothing of its last call, so all it has counted comes
 * with each call and goes back with its result. */
import type { Document } from "./documents.ts";
import { countPrefixes } from "./prefix-count.ts";

export interface State {
  readonly counts: Map<string, number>;
  readonly popular: Set<string>;
}

export interface Job {
  readonly state: State;
  readonly document: Document;
}

export default function accumulate({ state, document }: Job): State {
  countPrefixes(document, state.counts, state.popular);
  return state;
}
