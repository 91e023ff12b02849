/** Calls of actors that wait for one another in a circle: one of them fails, the others go on. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ActorDeadlockError, get, remote, type ActorHandle, type ObjectRef } from "mobula";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ logToDriver: false });

type Next = ActorHandle<Member> | undefined;

class Member {
  #next: Next;
  meet(next: ActorHandle<Member>): void {
    this.#next = next;
  }
  name(): string {
    return "member";
  }
  /** Each awaits its neighbour, until the hops are used up. */
  async pass(hops: number): Promise<string> {
    return hops === 0 ? "passed" : await this.#next!.pass(hops - 1);
  }
  async all(): Promise<string[]> {
    return await Promise.all([this.#next!.name(), this.#next!.pass(1)]);
  }
  async viaTask(): Promise<string> {
    const ask = remote(async (next: ActorHandle<Member>[]) => await next[0]!.name());
    return await ask([this.#next!]);
  }
  async viaGet(): Promise<string> {
    return await get(this.#next!.name());
  }
  /** Asks and does not wait for the answer. */
  async beside(events: string, permits: string): Promise<string> {
    this.#next!.name().catch(() => {
      // Nobody wants to know.
    });
    announce(events, "asked");
    await takePermit(permits);
    return "done";
  }
  forget(): void {
    this.#next = undefined;
  }
}
const RemoteMember = remote(Member);

async function ringOf(size: number): Promise<ActorHandle<Member>[]> {
  const members = Array.from({ length: size }, () => new RemoteMember());
  await Promise.all(members.map((member, i) => member.meet(members[(i + 1) % size]!)));
  return members;
}

/** Handles that members have of each other would keep all of them. */
async function end(members: readonly ActorHandle<Member>[]): Promise<void> {
  await Promise.all(members.map((member) => member.forget()));
  await Promise.all(members.map((member) => member[Symbol.asyncDispose]()));
}

async function circleOf(ref: ObjectRef<unknown>): Promise<ActorDeadlockError> {
  const [settled] = await Promise.allSettled([ref]);
  assert(settled.status === "rejected", "it went on");
  assert(settled.reason instanceof ActorDeadlockError, String(settled.reason));
  return settled.reason;
}

for (const size of [1, 2, 3, 5]) {
  test(`a ring of ${size}: the call that comes back is named with its circle`, async () => {
    const members = await ringOf(size);
    const error = await circleOf(members[0]!.pass(size));
    assert.equal(error.code, "ACTOR_DEADLOCK");
    assert.equal(error.circle.length, size + 1);
    for (const name of error.circle) assert.match(name, /^Member\.pass of actor \d+-[\da-f]+$/);
    const [victim] = error.circle;
    assert(
      error.message.startsWith(`Cannot run ${victim}: calls wait for one another in a circle, `),
    );
    assert(error.message.includes([...error.circle, victim].join(" waits for ")));
    assert.equal(await members[0]!.pass(0), "passed", "they go on");
    if (size > 1) assert.equal(await members[0]!.pass(size - 1), "passed", "no circle, no error");
    await end(members);
  });
}

for (const way of ["all", "viaTask", "viaGet"] as const) {
  test(`an actor that waits for itself: ${way}`, async () => {
    const members = await ringOf(1);
    const error = await circleOf(members[0]![way]());
    assert(error.circle.some((name) => name.startsWith(`Member.${way} of actor`)));
    assert.equal(await members[0]!.name(), "member");
    await end(members);
  });
}

test("two callers from outside: each actor runs a call that waits for the other", async () => {
  const members = await ringOf(2);
  const settled = await Promise.allSettled(members.map((member) => member.pass(1)));
  const reasons = settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  // They may also have come one after the other.
  assert(reasons.length <= 1, "one victim is enough");
  for (const reason of reasons) assert(reason instanceof ActorDeadlockError);
  assert.equal(await members[0]!.pass(1), "passed");
  await end(members);
});

test("with more calls at a time there is no circle", async () => {
  const member = new (RemoteMember.options({ maxConcurrency: 4 }))();
  await member.meet(member);
  assert.equal(await member.pass(3), "passed");
  assert((await circleOf(member.pass(4))).circle.length > 1);
  await end([member]);
});

test(
  "a call that nobody awaits is no circle, however long it stands in line",
  processesOnly("inline, what the program does is not told from what an actor does"),
  async () => {
    const members = await ringOf(1);
    const events = fixture.sandbox.events();
    const permits = fixture.sandbox.permits();
    const beside = members[0]!.beside(events.path, permits.path);
    assert.equal(await events.next(), "asked");
    const name = members[0]!.name();
    // A circle that began later has been found: this one has been looked at.
    const others = await ringOf(2);
    await circleOf(others[0]!.pass(2));
    await end(others);
    permits.give();
    assert.deepEqual([await beside, await name], ["done", "member"]);
    await end(members);
  },
);
