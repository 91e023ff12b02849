/** What the conformance suite of the control plane is written with. Only tests import this file. */

import assert from "node:assert/strict";
import type { Change, ControlPlane, Entry, PlainValue } from "./control-plane.ts";

/** An empty store, as it is seen by each process that connects to it. */
export interface ControlStore {
  connect(): ControlPlane;
  close(): Promise<void>;
}

export type OpenControlStore = () => Promise<ControlStore>;

/** Registers a test, which gets a store of its own. */
export type Check = (what: string, body: (store: ControlStore) => Promise<void>) => void;

/** Sets what is known to fit, and returns the revision. */
export async function mustSet(
  plane: ControlPlane,
  key: string,
  value: PlainValue | undefined,
): Promise<number> {
  const found = await plane.get(key);
  const outcome = await plane.compareAndSet(key, found?.revision ?? 0, value);
  assert.ok(outcome.isSet, `${key} changes while nobody else changes it`);
  return outcome.revision;
}

/** What a watch was told, and waiting for it. */
export class Told {
  readonly changes: Change[] = [];
  readonly stop: () => void;
  #notice: () => void = () => undefined;

  constructor(plane: ControlPlane, prefix: string, react?: (change: Change) => void) {
    this.stop = plane.watch(prefix, (change) => {
      this.changes.push(change);
      react?.(change);
      this.#notice();
    });
    assert.deepEqual(this.changes, [], "nothing is told during the call");
  }

  /** Once `isEnough` says so of what was told. */
  async until(isEnough: (changes: readonly Change[]) => boolean): Promise<readonly Change[]> {
    while (!isEnough(this.changes)) {
      await new Promise<void>((resolve) => (this.#notice = resolve));
    }
    return this.changes;
  }

  /** Once it was told of a change of this revision, or of a later one. */
  async untilRevision(revision: number): Promise<readonly Change[]> {
    return this.until((changes) => changes.some((change) => change.revision >= revision));
  }

  /** What is there, as far as it was told; each key only goes forward. */
  state(): Map<string, Entry> {
    const state = new Map<string, Entry>();
    const revisions = new Map<string, number>();
    for (const { key, revision, value } of this.changes) {
      const before = revisions.get(key) ?? 0;
      assert.ok(revision > before, `${key} goes from revision ${before} to ${revision}`);
      revisions.set(key, revision);
      if (value === undefined) state.delete(key);
      else state.set(key, { key, revision, value });
    }
    return state;
  }
}
