import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EmbeddedControl } from "../control/embedded.ts";
import type { ActorState } from "../core/actor-life.ts";
import { endFor } from "../runtime/actor-end.ts";
import { actorEntryKey, nameEntryKey, type ActorRecord } from "../runtime/actor-record.ts";
import { objectKey } from "../runtime/object-record.ts";
import { ActorRecords } from "./actor-records.ts";

interface Given {
  readonly state: ActorState;
  readonly ownerId?: number;
  readonly name?: string;
  readonly sameAs?: ActorRecord["sameAs"];
}

const key = (count: number): number => objectKey(1, count);

/** As its owner writes it. */
function publish(control: EmbeddedControl, count: number, given: Given): void {
  const { state, ownerId = 1, name, sameAs } = given;
  const record = {
    ...{ key: key(count), className: "Counter", name, namespace: "default", isDetached: false },
    ...{ ownerId, state, incarnation: 1, restarts: 0 },
    ...{ workerId: state === "alive" ? 2 : undefined, sameAs },
    end: state === "dead" ? endFor("it was killed") : undefined,
  } satisfies ActorRecord;
  const entryKey = actorEntryKey(key(count));
  assert.ok(control.set(entryKey, control.find(entryKey)?.revision ?? 0, record).isSet);
}

function countsOf(records: ActorRecords, isWanted: (record: ActorRecord) => boolean): number[] {
  const { actors } = records.describe([]);
  return actors.filter(isWanted).map((record) => record.key - key(0));
}

const isDead = ({ state }: ActorRecord): boolean => state === "dead";

test("any lives and deaths: all that live are kept, and the last of the dead", () => {
  const states = fc.constantFrom<ActorState>("pending", "alive", "restarting", "ending", "dead");
  const changes = fc.array(fc.record({ count: fc.nat(20), state: states }));
  fc.assert(
    fc.property(changes, fc.nat(5), (played, deadMax) => {
      const control = new EmbeddedControl();
      const records = new ActorRecords(control, deadMax);
      const living = new Set<number>();
      let dead: number[] = [];
      for (const { count, state } of played) {
        publish(control, count, { state });
        living.delete(count);
        dead = dead.filter((other) => other !== count);
        if (state === "dead") dead.push(count);
        else living.add(count);
        dead = dead.slice(Math.max(0, dead.length - deadMax));
        assert.deepEqual(countsOf(records, isDead), dead);
        assert.deepEqual(new Set(countsOf(records, (record) => !isDead(record))), living);
      }
    }),
  );
});

test("an owner's end: more actors die at once than are remembered", () => {
  const control = new EmbeddedControl();
  const records = new ActorRecords(control, 3);
  const told: string[] = [];
  for (let count = 1; count <= 8; count++) {
    publish(control, count, {
      state: "alive",
      ownerId: count % 2 === 0 ? 5 : 6,
      name: `n${count}`,
    });
    const entry = nameEntryKey("default", `n${count}`);
    assert.ok(control.set(entry, 0, key(count)).isSet);
  }
  publish(control, 9, { state: "dead", ownerId: 5 });
  const stop = control.follow("actor/", (change) => {
    if (change.value === undefined) told.push(change.key);
  });
  records.ownerGone(5);
  stop();
  assert.deepEqual(countsOf(records, isDead), [4, 6, 8]);
  assert.deepEqual(
    countsOf(records, (record) => !isDead(record)),
    [1, 3, 5, 7],
  );
  assert.deepEqual(told, [actorEntryKey(key(9)), actorEntryKey(key(2))]);
  const names = control.entries("name/").map(({ value }) => Number(value) - key(0));
  assert.deepEqual(names, [1, 3, 5, 7]);
});

test("all are told of in the order of their changes, but what only stands for another", () => {
  const control = new EmbeddedControl();
  const records = new ActorRecords(control, Infinity);
  for (const count of [1, 2, 3]) publish(control, count, { state: "alive" });
  publish(control, 1, { state: "dead" });
  publish(control, 4, { state: "dead", sameAs: { key: key(2), ownerId: 1 } });
  const workers = [{ processId: 2, pid: 71 }];
  const answer = records.describe(workers);
  assert.deepEqual(answer.workers, workers);
  assert.deepEqual(
    answer.actors.map((record) => [record.key - key(0), record.state, record.workerId]),
    [
      [2, "alive", 2],
      [3, "alive", 2],
      [1, "dead", undefined],
    ],
  );
});
