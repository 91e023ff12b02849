/**
 * Random moves on a control plane, and beside it on a Map and a log, which are too simple to be
 * wrong. Only tests import this file.
 */

import assert from "node:assert/strict";
import { mustSet, Told, type ControlStore } from "./conformance-tools.ts";
import type { Change, ControlPlane, Entry, PlainValue } from "./control-plane.ts";

/** What is done, to which key, and how; any numbers. */
export type Move = readonly [operation: number, key: number, how: number];

const KEYS = ["", "a", "ab", "b"];

/** Outcomes and reads have to agree at once; watches with the log, and in the end with the Map. */
export async function playBesideTwin(store: ControlStore, moves: readonly Move[]): Promise<void> {
  const game = new Game(store);
  for (const [operation, keyNumber, how] of moves) {
    const key = KEYS[keyNumber % KEYS.length]!;
    if (operation % 8 === 0) await game.get(key, how);
    else if (operation % 8 === 1) await game.list(key, how);
    else if (operation % 8 === 2) game.watch(key, how);
    else if (operation % 8 === 3) game.stop(how);
    else await game.set(key, how);
  }
  await game.end();
}

class Game {
  readonly #planes: readonly ControlPlane[];
  readonly #entries = new Map<string, Entry>();
  readonly #log = new Map<number, Change>();
  readonly #watches: { readonly told: Told; readonly prefix: string }[] = [];

  constructor(store: ControlStore) {
    this.#planes = [store.connect(), store.connect()];
  }

  async get(key: string, how: number): Promise<void> {
    assert.deepEqual(await this.#plane(how).get(key), this.#entries.get(key));
  }

  async list(prefix: string, how: number): Promise<void> {
    assert.deepEqual(await this.#plane(how).list(prefix), this.#within(prefix));
  }

  watch(prefix: string, how: number): void {
    this.#watches.push({ told: new Told(this.#plane(how), prefix), prefix });
  }

  stop(how: number): void {
    for (const { told } of this.#watches.splice(how % 3, 1)) told.stop();
  }

  /** Now and then it expects what was long ago. */
  async set(key: string, how: number): Promise<void> {
    const entry = this.#entries.get(key);
    const current = entry?.revision ?? 0;
    const revisions = [0, ...this.#log.keys()];
    const expected = how % 5 === 0 ? revisions[how % revisions.length]! : current;
    const value = how % 3 === 0 ? undefined : how;
    const outcome = await this.#plane(how).compareAndSet(key, expected, value);
    if (expected !== current) return assert.deepEqual(outcome, { isSet: false, entry });
    assert.ok(outcome.isSet);
    if (value === undefined && entry === undefined) assert.equal(outcome.revision, 0);
    else this.#changed(key, outcome.revision, value);
  }

  #changed(key: string, revision: number, value: PlainValue | undefined): void {
    assert.ok(revision > Math.max(0, ...this.#log.keys()), `${revision} is new`);
    this.#log.set(revision, { key, revision, value });
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, { key, revision, value });
  }

  async end(): Promise<void> {
    for (const key of KEYS) this.#changed(key, await mustSet(this.#plane(0), key, "last"), "last");
    for (const { told, prefix } of this.#watches) {
      const isLast = ({ value }: Change): boolean => value === "last";
      const expected = this.#within(prefix);
      await told.until((changes) => changes.filter(isLast).length === expected.length);
      assert.deepEqual(new Map(told.state()), new Map(expected.map((entry) => [entry.key, entry])));
      for (const change of told.changes) assert.deepEqual(change, this.#log.get(change.revision));
      told.stop();
    }
  }

  #plane(how: number): ControlPlane {
    return this.#planes[how % this.#planes.length]!;
  }

  #within(prefix: string): Entry[] {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.map((key) => this.#entries.get(key)!);
  }
}
