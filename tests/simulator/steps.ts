/** The steps that simulated programs are made of: each makes some calls, and expects something. */

import { asCompleted, cancel, get, kill, put, remote, wait, type ObjectRef } from "mobula";
import { sleep } from "mobula/testing";
import * as bodies from "./bodies.ts";
import type { Expectation, Ledger } from "./ledger.ts";

/** What steps draw from: see `Random` in the simulator. */
export interface Chance {
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** What may go wrong in the run. */
export interface Perils {
  /** Workers may end, or be taken for dead. */
  readonly deaths: boolean;
  /** The program itself makes workers end, and with them what else they run. */
  readonly killing: boolean;
  /** Stored values may be lost. */
  readonly losses: boolean;
}

export class Steps {
  readonly #ledger: Ledger;
  readonly #chance: Chance;
  readonly #perils: Perils;

  constructor(ledger: Ledger, chance: Chance, perils: Perils) {
    this.#ledger = ledger;
    this.#chance = chance;
    this.#perils = perils;
  }

  /** One step, drawn by chance. */
  async any(): Promise<void> {
    await this.#chance.pick(this.#perils.killing ? this.#all : this.#peaceful)();
  }

  readonly #peaceful: readonly (() => Promise<void>)[] = [
    () => this.#burst(),
    () => this.#burst(),
    () => this.#naps(),
    () => this.#stored(),
    () => this.#chain(),
    () => this.#nested(),
    () => this.#shared(),
    () => this.#failures(),
    () => this.#retried(),
    () => this.#pairs(),
    () => this.#map(),
    () => this.#stream(),
    () => this.#cancelled(),
    () => this.#waits(),
    () => this.#actor(),
    () => this.#forgotten(),
  ];
  readonly #all = [...this.#peaceful, () => this.#deadly()];

  // What a call may end with instead of its value.

  #deathsOf(maxRetries: number): readonly string[] {
    if (!this.#perils.deaths) return [];
    if (maxRetries === Infinity) return ["EnvironmentSetupError"];
    // Of workers that are killed while they start, three in a row end the waiting.
    return ["WorkerCrashedError", "EnvironmentSetupError"];
  }

  #expectation(what: string, value: unknown, more: Partial<Expectation> = {}): Expectation {
    const { deaths, losses } = this.#perils;
    // What is lost is made again.
    const runsMax = deaths || losses ? Infinity : 1;
    return { what, value, errors: this.#deathsOf(3), runsMax, ...more };
  }

  /** Notes how the call ends, and lets go of its ref. */
  async #follow<T>(id: string, ref: ObjectRef<T>): Promise<T | undefined> {
    try {
      const value = await ref;
      this.#ledger.ended(id, { value });
      return value;
    } catch (error) {
      this.#ledger.ended(id, { error });
      return undefined;
    } finally {
      ref[Symbol.dispose]();
    }
  }

  #newCall(expectation: Expectation): string {
    const id = this.#ledger.newId();
    this.#ledger.expect(id, expectation);
    return id;
  }

  // Tasks.

  async #burst(): Promise<void> {
    const maxRetries = this.#chance.pick([0, 1, 3, Infinity]);
    const priority = this.#chance.below(3);
    const add = remote(bodies.add, { maxRetries, priority });
    const calls = Array.from({ length: 1 + this.#chance.below(20) }, (_, a) => {
      const id = this.#newCall(
        this.#expectation(`add, maxRetries ${maxRetries}`, a + 1, {
          errors: this.#deathsOf(maxRetries),
          ...(maxRetries === 0 ? { runsMax: 1 } : {}),
        }),
      );
      return this.#follow(id, add(id, a, 1));
    });
    await Promise.all(calls);
  }

  async #naps(): Promise<void> {
    const numCpus = this.#chance.pick([0, 0.5, 1, 1]);
    const nap = remote(bodies.nap, { numCpus });
    const burn = remote(bodies.burn, { numCpus });
    const calls = Array.from({ length: 1 + this.#chance.below(6) }, (_, value) => {
      const durationMs = this.#chance.pick([0.1, 1, 5, 20, 100]);
      const isNap = this.#chance.chance(0.5);
      const id = this.#newCall(this.#expectation(isNap ? "nap" : "burn", value));
      return this.#follow(id, (isNap ? nap : burn)(id, durationMs, value));
    });
    await Promise.all(calls);
  }

  /** Values that a call of `fill`, or one that needs it, may lack. */
  #lossErrors(): readonly string[] {
    const { deaths, losses } = this.#perils;
    return [
      ...this.#deathsOf(3),
      ...(deaths ? ["OwnerDiedError"] : []),
      ...(deaths || losses ? ["ObjectLostError"] : []),
    ];
  }

  async #stored(): Promise<void> {
    const [fill, sum] = [remote(bodies.fill), remote(bodies.sum)];
    const sizeBytes = this.#chance.pick([10, 2_000, 8_000]);
    const id = this.#newCall(
      this.#expectation("fill", new Uint8Array(sizeBytes).fill(3), { errors: this.#lossErrors() }),
    );
    const filled = fill(id, sizeBytes, 3);
    const put_ = put(new Uint8Array(sizeBytes).fill(2));
    const readers = Array.from({ length: 1 + this.#chance.below(4) }, () => {
      const reader = this.#newCall(
        this.#expectation("sum of stored", 5 * sizeBytes + 1, { errors: this.#lossErrors() }),
      );
      return this.#follow(reader, sum(reader, filled, put_, 1));
    });
    await Promise.all(readers);
    put_[Symbol.dispose]();
    await this.#follow(id, filled);
  }

  /** Refs are arguments, and nobody awaits them on the way. */
  async #chain(): Promise<void> {
    const sum = remote(bodies.sum);
    const length = 2 + this.#chance.below(12);
    let last: ObjectRef<number> | undefined;
    const calls: Promise<unknown>[] = [];
    for (let n = 1; n <= length; n++) {
      const id = this.#newCall(this.#expectation(`link ${n} of a chain`, n));
      const next: ObjectRef<number> = last === undefined ? sum(id, 1) : sum(id, last, 1);
      calls.push(this.#follow(id, next));
      last = next;
    }
    await Promise.all(calls);
  }

  async #nested(): Promise<void> {
    const tree = remote(bodies.tree);
    const [depth, width] = this.#chance.pick([
      [1, 3],
      [2, 2],
      [3, 2],
      [2, 4],
    ] as const);
    let size = 1;
    for (let level = depth; level > 0; level--) size = 1 + width * size;
    const id = this.#newCall(this.#expectation(`tree ${depth} x ${width}`, size));
    await this.#follow(id, tree(id, depth, width));
  }

  /** Refs that a worker has made come back in a value, and go to other workers. */
  async #shared(): Promise<void> {
    const [share, collect] = [remote(bodies.share), remote(bodies.collect)];
    const values = Array.from({ length: 1 + this.#chance.below(4) }, (_, n) => n);
    const id = this.#newCall(
      this.#expectation("share", undefined, {
        isRight: () => true,
        errors: this.#lossErrors(),
      }),
    );
    using shared = share(id, values);
    const outcome = await Promise.allSettled([shared]);
    if (outcome[0].status === "rejected") {
      this.#ledger.ended(id, { error: outcome[0].reason });
      return;
    }
    this.#ledger.ended(id, { value: undefined });
    const { refs } = outcome[0].value;
    const reader = this.#newCall(
      this.#expectation(
        "collect",
        values.reduce((a, b) => a + b, 0),
        { errors: this.#lossErrors() },
      ),
    );
    const inner = refs as unknown as ObjectRef<Uint8Array>[];
    const read = collect(reader, inner);
    if (this.#chance.chance(0.5)) for (const ref of refs) ref[Symbol.dispose]();
    await this.#follow(reader, read);
    for (const ref of refs) ref[Symbol.dispose]();
  }

  async #failures(): Promise<void> {
    const fail = remote(bodies.fail);
    const id = this.#newCall(this.#expectation("fail", undefined, { message: "boom of" }));
    await this.#follow(id, fail(id));
  }

  async #retried(): Promise<void> {
    const maxRetries = this.#chance.below(4);
    const failures = this.#chance.below(4);
    const flaky = remote(bodies.flaky, { maxRetries, retryExceptions: true });
    const isEnough = failures <= maxRetries;
    const { deaths } = this.#perils;
    const id = this.#newCall(
      this.#expectation(`flaky ${failures}, maxRetries ${maxRetries}`, failures + 1, {
        // Deaths use up retries as well, and count as attempts.
        isRight: (value) => (deaths ? Number(value) > failures : value === failures + 1),
        errors: [...this.#deathsOf(maxRetries), ...(this.#perils.deaths ? ["Boom"] : [])],
        ...(isEnough ? {} : { message: "boom of" }),
        runsMax: this.#perils.deaths ? Infinity : Math.min(failures, maxRetries) + 1,
      }),
    );
    await this.#follow(id, flaky(id, failures));
  }

  /** Tasks that end their own worker. */
  async #deadly(): Promise<void> {
    const maxRetries = this.#chance.below(3);
    const deaths = this.#chance.below(3);
    const suicidal = remote(bodies.suicidal, { maxRetries });
    const id = this.#newCall(
      this.#expectation(`suicidal ${deaths}, maxRetries ${maxRetries}`, 0, {
        errors: deaths > maxRetries || this.#perils.deaths ? ["WorkerCrashedError"] : [],
        runsMax: this.#perils.deaths ? Infinity : Math.min(deaths, maxRetries) + 1,
      }),
    );
    await this.#follow(id, suicidal(id, deaths));
  }

  async #pairs(): Promise<void> {
    const id = this.#newCall(this.#expectation("pair", [1, 2]));
    const [first, second] = remote(bodies.pair, { numReturns: 2 })(id, 1, 2);
    try {
      this.#ledger.ended(id, { value: await Promise.all([first, second]) });
    } catch (error) {
      this.#ledger.ended(id, { error });
    } finally {
      first[Symbol.dispose]();
      second[Symbol.dispose]();
    }
  }

  async #map(): Promise<void> {
    const items = Array.from({ length: this.#chance.below(40) }, (_, n) => n);
    const id = this.#newCall(
      this.#expectation(
        "map",
        items.map((n) => n * n),
        { mayNotRun: true },
      ),
    );
    try {
      this.#ledger.ended(id, { value: await remote(bodies.square).map(items) });
    } catch (error) {
      this.#ledger.ended(id, { error });
    }
  }

  async #stream(): Promise<void> {
    const to = this.#chance.below(30);
    const stopAt = this.#chance.chance(0.3) ? this.#chance.below(10) : Infinity;
    const streamBuffer = this.#chance.pick([1, 4, 1_024]);
    const wanted = Array.from({ length: Math.min(to, stopAt) }, (_, n) => n);
    const id = this.#newCall(
      this.#expectation("stream", wanted, {
        runsMax: 1,
        mayNotRun: stopAt === 0,
        errors: this.#deathsOf(0),
      }),
    );
    const count = remote(bodies.count, { streamBuffer });
    const seen: number[] = [];
    try {
      if (stopAt > 0) {
        for await (const n of count(id, to)) {
          seen.push(n);
          if (seen.length >= stopAt) break;
        }
        this.#ledger.ended(id, { value: seen });
      } else {
        const stream = count(id, to)[Symbol.asyncIterator]();
        await stream.return?.();
        this.#ledger.ended(id, { value: [] });
      }
    } catch (error) {
      this.#ledger.ended(id, { error });
    }
  }

  async #cancelled(): Promise<void> {
    const body = this.#chance.pick([bodies.nap, bodies.burn]);
    const id = this.#newCall(
      this.#expectation("cancelled", 4, {
        errors: [...this.#deathsOf(3), "TaskCancelledError"],
      }),
    );
    const ref = remote(body)(id, this.#chance.pick([0.1, 10, 300]), 4);
    const followed = this.#follow(id, ref);
    await sleep(this.#chance.next() * 20);
    try {
      cancel(ref, { force: this.#perils.killing && this.#chance.chance(0.5) });
    } catch {
      // It is over, and its ref is disposed.
    }
    await followed;
  }

  async #waits(): Promise<void> {
    const nap = remote(bodies.nap);
    const ids: string[] = [];
    const refs = Array.from({ length: 4 }, (_, value) => {
      const id = this.#newCall(this.#expectation("nap to wait for", value));
      ids.push(id);
      return nap(id, this.#chance.next() * 30, value);
    });
    await wait(refs, { count: 1 + this.#chance.below(4) });
    try {
      await get(refs, { timeoutMs: this.#chance.next() * 20 });
    } catch {
      // Its time is up, or one has failed: each is looked at below.
    }
    let completed = 0;
    for await (const ref of asCompleted(refs)) void (await ref.catch(() => 0), completed++);
    await Promise.all(refs.map((ref, index) => this.#follow(ids[index]!, ref)));
  }

  /** Nobody awaits it. */
  async #forgotten(): Promise<void> {
    const id = this.#ledger.newId();
    remote(bodies.nap)(id, this.#chance.next() * 10, 1)[Symbol.dispose]();
    await sleep(this.#chance.next());
  }

  // Actors.

  async #actor(): Promise<void> {
    const maxRestarts = this.#chance.pick([0, 1, Infinity]);
    const maxTaskRetries = this.#chance.pick([0, 0, Infinity]);
    const Remote = remote(bodies.Counter, { maxRestarts, maxTaskRetries });
    const counter = new Remote();
    const errors = this.#perils.deaths ? ["ActorDiedError", "ActorUnavailableError"] : [];
    const runsMax = maxTaskRetries === 0 ? 1 : this.#perils.deaths ? Infinity : 1;
    let last = 0;
    // With a new life the count begins anew.
    const isNext = (value: unknown): boolean => {
      const isInOrder = value === last + 1 || (this.#perils.deaths && Number(value) <= last);
      last = Number(value);
      return isInOrder;
    };
    const calls = Array.from({ length: 1 + this.#chance.below(8) }, () => {
      const id = this.#newCall(
        this.#expectation("Counter.add", undefined, { isRight: isNext, errors, runsMax }),
      );
      return this.#follow(id, counter.add(id, 1));
    });
    if (this.#chance.chance(0.4)) {
      const id = this.#newCall(
        this.#expectation("addTo", undefined, {
          isRight: (value) => typeof value === "number",
          errors: [...errors, ...this.#deathsOf(3)],
        }),
      );
      calls.push(this.#follow(id, remote(bodies.addTo)(id, counter, 0)));
    }
    await Promise.all(calls);
    if (this.#chance.chance(0.5)) await kill(counter);
    else counter[Symbol.dispose]();
  }
}
