/** More actors than there may be: an error at the creation, also where actors create actors. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { kill, remote, UnschedulableError, type ActorHandle } from "mobula";
import { useRuntime } from "../support/runtime.ts";
import { within } from "../support/within.ts";

const ACTORS_MAX = 5;
useRuntime({ numCpus: 2, actorsMax: ACTORS_MAX });

const message =
  `Cannot create actor: ${ACTORS_MAX} are alive or about to be, as many as this runtime may ` +
  "have; end some first, or allow more with init({ actorsMax })";

class One {
  one(): number {
    return 1;
  }
}

test("one more than there may be fails; when one has ended, another one fits", async () => {
  const RemoteOne = remote(One);
  const ones = Array.from({ length: ACTORS_MAX }, () => new RemoteOne());
  assert.equal((await Promise.all(ones.map((one) => one.one()))).length, ACTORS_MAX);
  const error = await within(
    new RemoteOne().one().then(
      () => assert.fail("it is there"),
      (reason: unknown) => reason,
    ),
    "nothing comes of it",
  );
  assert(error instanceof UnschedulableError);
  assert.equal(error.message, message);
  assert.deepEqual(
    [error.code, error.resource, error.requested, error.total],
    ["UNSCHEDULABLE", "actors", ACTORS_MAX + 1, ACTORS_MAX],
  );
  await kill(ones[0]!);
  ones[0] = new RemoteOne();
  assert.equal(await ones[0].one(), 1);
  await Promise.all(ones.map((one) => kill(one)));
});

test("actors that each create two more come to an end", async () => {
  class Bomb {
    readonly #parts: ActorHandle<Bomb>[];
    constructor() {
      this.#parts = [new RemoteBomb(), new RemoteBomb()];
    }
    /** How many there are, and the errors of those that could not be. */
    async count(): Promise<[number, string[]]> {
      let sum = 1;
      const errors: string[] = [];
      for (const part of await Promise.allSettled(this.#parts.map((part) => part.count()))) {
        if (part.status === "rejected") errors.push((part.reason as Error).message);
        else {
          sum += part.value[0];
          errors.push(...part.value[1]);
        }
      }
      return [sum, errors];
    }
  }
  const RemoteBomb = remote(Bomb);
  const bomb = new RemoteBomb();
  const [count, errors] = await within(bomb.count().then(), "no end of it");
  assert.equal(count, ACTORS_MAX);
  assert.deepEqual(errors, new Array(ACTORS_MAX + 1).fill(message));
  await kill(bomb);
});
