import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PlainValue } from "../control/control-plane.ts";
import { EmbeddedControl } from "../control/embedded.ts";
import { ActorNames, nameTaken, type ActorName } from "./actor-names.ts";
import { actorEntryKey, nameEntryKey, nameOfEntry, type ActorRecord } from "./actor-record.ts";
import { objectKey } from "./object-record.ts";

const visits: ActorName = { namespace: "default", name: "visits" };

function recordOf(key: number, name: ActorName, state: ActorRecord["state"]): ActorRecord {
  return {
    ...{ key, className: "Counter", ...name, isDetached: false, ownerId: 3, state },
    ...{ incarnation: 1, restarts: 0, workerId: undefined, sameAs: undefined, end: undefined },
  };
}

/** What an owner does: first the actor is known, then it asks for its name. */
function publish(
  control: EmbeddedControl,
  key: number,
  state: ActorRecord["state"],
  name = visits,
): void {
  const entryKey = actorEntryKey(key);
  const value = recordOf(key, name, state) as PlainValue;
  assert(control.set(entryKey, control.find(entryKey)?.revision ?? 0, value).isSet);
}

test("of many that claim a name at once, one has it and the others are told who", async () => {
  const control = new EmbeddedControl();
  const keys = Array.from({ length: 50 }, (_, n) => n + 1);
  for (const key of keys) publish(control, key, "pending");
  const holders = await Promise.all(keys.map((key) => new ActorNames(control).claim(visits, key)));
  const winners = keys.filter((_, index) => holders[index] === undefined);
  assert.equal(winners.length, 1);
  const others = holders.filter((holder) => holder !== undefined);
  assert(others.every(({ key }) => key === winners[0]));
  assert.equal((await new ActorNames(control).find(visits))?.key, winners[0]);
});

test("the name of a dead actor, and of one that nobody knows, goes to exactly one", async () => {
  for (const isKnown of [true, false]) {
    const control = new EmbeddedControl();
    const names = new ActorNames(control);
    publish(control, 1, "alive");
    assert.equal(await names.claim(visits, 1), undefined);
    assert.equal((await names.claim(visits, 2))?.key, 1);
    if (isKnown) publish(control, 1, "dead");
    else control.set(actorEntryKey(1), control.find(actorEntryKey(1))!.revision, undefined);
    assert.equal(await names.find(visits), undefined);
    const keys = [10, 11, 12];
    for (const key of keys) publish(control, key, "pending");
    const holders = await Promise.all(keys.map((key) => names.claim(visits, key)));
    assert.equal(holders.filter((holder) => holder === undefined).length, 1);
    // The owner of the dead one is late: the name is somebody else's by now.
    await names.free(visits, 1);
    assert(keys.includes((await names.find(visits))!.key));
  }
});

test("freed and claimed at once: never two have it, and it does not get lost", async () => {
  const moves = fc.array(fc.record({ key: fc.integer({ min: 1, max: 4 }), isFree: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(moves, async (played) => {
      const control = new EmbeddedControl();
      const names = new ActorNames(control);
      for (const key of [1, 2, 3, 4]) publish(control, key, "alive");
      const claimed = await Promise.all(
        played.map(async ({ key, isFree }) => {
          if (isFree) await names.free(visits, key);
          else return [key, await names.claim(visits, key)] as const;
          return undefined;
        }),
      );
      const hasFreed = played.some(({ isFree }) => isFree);
      const winners = claimed.filter((claim) => claim !== undefined && claim[1] === undefined);
      const holder = await names.find(visits);
      if (!hasFreed) assert.equal(winners.length, claimed.length > 0 ? 1 : 0);
      if (holder !== undefined) assert(winners.some((claim) => claim?.[0] === holder.key));
      if (holder !== undefined) await names.free(visits, holder.key);
      assert.equal(await names.find(visits), undefined);
      assert.equal(await names.claim(visits, 9), undefined);
    }),
  );
});

test("to free what is not one's own, or what is free, changes nothing", async () => {
  const control = new EmbeddedControl();
  const names = new ActorNames(control);
  await names.free(visits, 1);
  publish(control, 1, "alive");
  await names.claim(visits, 1);
  await names.free(visits, 2);
  assert.equal((await names.find(visits))?.key, 1);
  await names.free(visits, 1);
  assert.equal(await names.find(visits), undefined);
});

test("namespaces and names of any characters are told apart", async () => {
  const texts = fc.oneof(
    fc.constantFrom("a", "a/b", "b", "/", "a/", "", "%2F", "a%2Fb", "🦕", "name/a", "\0"),
    fc.string({ unit: "grapheme" }),
  );
  const name = fc.record({ namespace: texts, name: texts });
  await fc.assert(
    fc.asyncProperty(name, name, async (one, other) => {
      const isSame = one.namespace === other.namespace && one.name === other.name;
      const keyOf = ({ namespace, name }: ActorName): string => nameEntryKey(namespace, name);
      assert.equal(keyOf(one) === keyOf(other), isSame);
      assert.equal(nameOfEntry(keyOf(one)), one.name);
      const control = new EmbeddedControl();
      const names = new ActorNames(control);
      publish(control, 1, "alive", one);
      await names.claim(one, 1);
      assert.equal((await names.find(other))?.key, isSame ? 1 : undefined);
    }),
  );
});

test("not found: the names of that namespace, and no more than ten", async () => {
  const control = new EmbeddedControl();
  const names = new ActorNames(control);
  const message = async (): Promise<string> => (await names.notFound(visits)).message;
  const start = 'Cannot get actor "visits": namespace "default" has no such actor';
  const end = "create it first, or look in another namespace";
  assert.equal(await message(), `${start}, no actor there has a name; ${end}`);
  for (let key = 1; key <= 12; key++) {
    const name = { namespace: key === 12 ? "other" : "default", name: `n${key}/"` };
    publish(control, key, "alive", name);
    await names.claim(name, key);
    if (key === 2) {
      assert.equal(await message(), `${start}, there are "n1/\\"", "n2/\\""; ${end}`);
    }
  }
  assert.match(await message(), /"n8\/\\"" and others; create it first/);
  assert(!(await message()).includes("n12"));
  const error = await names.notFound(visits);
  assert.deepEqual([error.actorName, error.namespace], ["visits", "default"]);
});

test("not found: an actor that has just died is not named as one that is there", async () => {
  const control = new EmbeddedControl();
  const names = new ActorNames(control);
  publish(control, 1, "alive");
  await names.claim(visits, 1);
  publish(control, 1, "dead");
  assert.match((await names.notFound(visits)).message, /no actor there has a name/);
});

test("taken: who has the name, and who made it", () => {
  const error = nameTaken(recordOf(2 ** 32 + 26, visits, "alive"));
  assert.deepEqual([error.actorName, error.namespace], ["visits", "default"]);
  assert.equal(
    error.message,
    `Cannot create actor "visits": actor ${error.actorId}, a Counter that process 3 created, has ` +
      'this name in namespace "default"; choose another name, or get that actor with ' +
      "getIfExists or getActor",
  );
});

test("no entry's key begins with that of another: who watches an actor hears of it alone", () => {
  fc.assert(
    fc.property(fc.nat(99), fc.nat(4_095), fc.nat(99), fc.nat(4_095), (...numbers) => {
      const [process, count, otherProcess, otherCount] = numbers;
      const key = objectKey(process, count);
      const other = objectKey(otherProcess, otherCount);
      const beginsAlike = actorEntryKey(other).startsWith(actorEntryKey(key));
      assert.equal(beginsAlike, key === other);
    }),
    { examples: [[1, 0x2, 1, 0x23c]] },
  );
});
