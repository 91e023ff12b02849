/**
 * Calls of actors whose arguments are lost, those of constructors too: they wait until those are
 * made again.
 * Processes only: files are removed from the session's directory.
 */

import assert from "node:assert/strict";
import { rmSync, truncateSync } from "node:fs";
import { test } from "node:test";
import { get, ObjectLostError, put, remote } from "mobula";
import { announce, takePermitSync } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";
import { Runs } from "../support/runs.ts";
import { loseStored } from "../support/store.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ numCpus: 2 });

// 160 KB each: stored.
const make = remote((runs: string, value: number) => {
  announce(runs, `make ${value}`);
  return new Float64Array(20_000).fill(value);
});
const add = remote((runs: string, numbers: Float64Array, more: number) => {
  announce(runs, `add ${more}`);
  return numbers.map((number) => number + more);
});

function lose(): void {
  assert(loseStored(fixture.sandbox) > 0);
}

class Reader {
  hold(events: string, permits: string): void {
    announce(events, "holds");
    takePermitSync(permits);
  }
  first(numbers: Float64Array): number {
    return numbers[0]!;
  }
}

class Journal {
  #entries: number[] = [];
  write(numbers: Float64Array | number): readonly number[] {
    this.#entries.push(typeof numbers === "number" ? numbers : numbers[0]!);
    return this.#entries;
  }
}

test("they are made again, and the calls after it wait", async () => {
  await using journal = new (remote(Journal))();
  const runs = new Runs(fixture.sandbox.events());
  const made = make(runs.path, 1);
  const sum = add(runs.path, made, 2);
  await sum;
  await runs.look();
  lose();
  const writes = [
    journal.write(-1),
    journal.write(sum),
    journal.write(-2),
    journal.write(made),
    journal.write(-3),
  ];
  const all = await within(get(writes), "no end of the calls");
  assert.deepEqual(all.at(-1), [-1, 3, -2, 1, -3]);
  assert.deepEqual(await runs.look(), ["add 2", "make 1"]);
});

test("what cannot be made again fails its call; those after it go on", async () => {
  await using reader = new (remote(Reader))();
  const runs = new Runs(fixture.sandbox.events());
  const [kept, stored] = [make(runs.path, 4), put(new Float64Array(20_000).fill(5))];
  await kept;
  lose();
  const calls = [reader.first(stored), reader.first(kept)];
  const [failed, done] = await within(Promise.allSettled(calls), "no end of the calls");
  assert(failed?.status === "rejected" && failed.reason instanceof ObjectLostError);
  assert.equal(
    failed.reason.message,
    `Cannot get object ${stored.id}: its file is gone, it was stored by put, and what was put ` +
      "cannot be made again; put the value again",
  );
  assert.deepEqual(done, { status: "fulfilled", value: 4 });
});

test("lost once the call was sent: it fails, the next one gets them", async () => {
  await using reader = new (remote(Reader))();
  const [events, permits] = [fixture.sandbox.events(), fixture.sandbox.permits()];
  const ref = make(new Runs(fixture.sandbox.events()).path, 6);
  await ref;
  const held = reader.hold(events.path, permits.path);
  const reading = reader.first(ref);
  await events.take("holds");
  lose();
  permits.give(1);
  await held;
  await assert.rejects(within(reading.then(), "no end of the call"), {
    name: "ObjectLostError",
    message:
      `Cannot run Reader.first: an argument of it, object ${ref.id}, could not be read where ` +
      "it was sent; call it again",
  });
  assert.equal(await reader.first(ref), 6);
});

class Keeper {
  readonly #first: number;
  constructor(numbers: Float64Array) {
    this.#first = numbers[0]!;
  }
  first(): number {
    return this.#first;
  }
  die(): void {
    process.exit(1);
  }
}

/** Found when the constructor is to be sent; only where it is to run. */
const losses: readonly [string, (path: string) => void][] = [
  ["gone", (path) => rmSync(path, { force: true })],
  ["cut short", (path) => truncateSync(path)],
];

for (const [how, change] of losses) {
  test(`the constructor takes a result whose file is ${how}`, async () => {
    const runs = new Runs(fixture.sandbox.events());
    const made = make(runs.path, 7);
    await made;
    assert(loseStored(fixture.sandbox, change) > 0);
    await using keeper = new (remote(Keeper))(made);
    assert.equal(await within(keeper.first().then(), "no end of the call"), 7);
    assert.deepEqual(await runs.look(), ["make 7", "make 7"]);
  });

  test(`a constructor that runs again takes a result whose file is ${how} by then`, async () => {
    const runs = new Runs(fixture.sandbox.events());
    const made = make(runs.path, 8);
    await using keeper = new (remote(Keeper, { maxRestarts: 2 }))(made);
    // Held for the constructor alone.
    made[Symbol.dispose]();
    for (const life of [1, 2, 3]) {
      assert.equal(await within(keeper.first().then(), "no end of the call"), 8);
      assert.deepEqual(await runs.look(), ["make 8"]);
      if (life === 3) break;
      assert(loseStored(fixture.sandbox, change) > 0);
      await assert.rejects(keeper.die().then(), { name: "ActorUnavailableError" });
    }
  });
}

test("lost once the constructor was sent: it is sent again when they are there", async () => {
  const runs = new Runs(fixture.sandbox.events());
  const made = make(runs.path, 10);
  await made;
  // Leases are given back.
  await fixture.runtime.resources();
  const workers = fixture.sandbox.pidsOf("mobula worker");
  for (const pid of workers) process.kill(pid, "SIGSTOP");
  await using keeper = new (remote(Keeper))(made);
  const first = keeper.first();
  // The daemon has granted one of them by then.
  await fixture.runtime.resources();
  lose();
  for (const pid of workers) process.kill(pid, "SIGCONT");
  assert.equal(await within(first.then(), "no end of the call"), 10);
  assert.deepEqual(await runs.look(), ["make 10", "make 10"]);
});

test("a constructor that runs again fails if what it takes cannot be made again", async () => {
  const stored = put(new Float64Array(20_000).fill(9));
  const keeper = new (remote(Keeper, { maxRestarts: 1 }))(stored);
  assert.equal(await keeper.first(), 9);
  lose();
  await assert.rejects(keeper.die().then(), { name: "ActorUnavailableError" });
  await assert.rejects(within(keeper.first().then(), "no end of the call"), {
    name: "ObjectLostError",
    message:
      `Cannot get object ${stored.id}: its file is gone, it was stored by put, and what was put ` +
      "cannot be made again; put the value again",
  });
});
