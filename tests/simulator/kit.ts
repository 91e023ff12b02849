/** What the steps of simulated programs are made with: chance, and calls that are looked after. */

import { remote, type ObjectRef } from "mobula";
import type { Chance } from "../support/chance.ts";
import type { Expectation, Ledger } from "./ledger.ts";

/** What may go wrong in the run. */
export interface Perils {
  /** Workers may end, or be taken for dead. */
  readonly deaths: boolean;
  /** The program itself makes workers end, and with them what else they run. */
  readonly killing: boolean;
  /** Workers may stand still. */
  readonly freezes: boolean;
  /** Stored values may be lost. */
  readonly losses: boolean;
  /** Memory may run out. */
  readonly hunger: boolean;
}

/** Whatever else a call promises, it may begin this often, and end so. */
export type More = Partial<Omit<Expectation, "what">>;

const REMADE_SHARE = 0.1;
const MANY_SHARE = 0.4;
const MANY = 250;

export class Kit {
  readonly ledger: Ledger;
  readonly chance: Chance;
  readonly perils: Perils;
  /** Names of steps, for messages. */
  readonly underWay: string[] = [];
  readonly #made = new Map<unknown, unknown>();

  constructor(ledger: Ledger, chance: Chance, perils: Perils) {
    this.ledger = ledger;
    this.chance = chance;
    this.perils = perils;
  }

  /** Programs make a function remote once and call it often. Now and then it is made anew. */
  readonly remote = ((body: () => void) => {
    if (!this.#made.has(body) || this.chance.is(REMADE_SHARE)) this.#made.set(body, remote(body));
    return this.#made.get(body);
  }) as typeof remote;

  /** What a task may end with when workers die. */
  deathsOf(maxRetries: number): readonly string[] {
    if (!this.perils.deaths) return [];
    // Of workers that are killed while they start, some in a row end the waiting.
    if (maxRetries === Infinity) return ["EnvironmentSetupError"];
    const hunger = this.perils.hunger ? ["OutOfMemoryError"] : [];
    return ["WorkerCrashedError", "EnvironmentSetupError", ...hunger];
  }

  /** What a call that needs stored values, or refs that a worker has made, may end with. */
  lossErrors(): readonly string[] {
    const { deaths, losses } = this.perils;
    return [
      ...this.deathsOf(3),
      ...(deaths ? ["OwnerDiedError"] : []),
      ...(deaths || losses ? ["ObjectLostError"] : []),
    ];
  }

  actorErrors(): readonly string[] {
    if (!this.perils.deaths) return [];
    return ["ActorDiedError", "ActorUnavailableError", "EnvironmentSetupError"];
  }

  /** Makes a call under a name of its own, sees how it ends, and lets go of its ref. */
  async call<T>(
    what: string,
    value: unknown,
    make: (id: string) => ObjectRef<T>,
    more: More = {},
  ): Promise<T | undefined> {
    const id = this.expect(what, value, more);
    return this.follow(id, make(id));
  }

  /** Names a call that is about to be made. */
  expect(what: string, value: unknown, more: More = {}): string {
    const { deaths, losses } = this.perils;
    const id = this.ledger.newId();
    // What is lost is made again.
    const runsMax = deaths || losses ? Infinity : 1;
    this.ledger.expect(id, { what, value, errors: this.deathsOf(3), runsMax, ...more });
    return id;
  }

  async follow<T>(id: string, ref: ObjectRef<T>): Promise<T | undefined> {
    try {
      return await this.watch(id, async () => ref);
    } finally {
      ref[Symbol.dispose]();
    }
  }

  /** Sees how something ends that is no ref. */
  async watch<T>(id: string, run: () => Promise<T>): Promise<T | undefined> {
    this.ledger.watched(id);
    try {
      const value = await run();
      this.ledger.ended(id, { value });
      return value;
    } catch (error) {
      this.ledger.ended(id, { error });
      return undefined;
    }
  }

  /** How many at a time: mostly few, at times so many that they stand in long lines. */
  count(few: number): number {
    return 1 + this.chance.below(this.chance.is(MANY_SHARE) ? MANY : few);
  }

  /** So many at the same time. */
  async all(count: number, make: (index: number) => Promise<unknown>): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, index) => make(index)));
  }
}

export type Step = (kit: Kit) => Promise<void>;
