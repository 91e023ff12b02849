import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BoundedQueue, type Answer, type Getter, type Putter } from "./bounded-queue.ts";

/** What a waiter comes to, as text: `3: done 1,2`, in the order in which it happens. */
type Log = string[];

interface Waiter {
  readonly name: number;
  readonly count: number;
  readonly items: readonly number[] | undefined;
}

/** The same queue, said as plainly as possible: after each event the lists are gone through. */
class Twin {
  readonly log: Log = [];
  readonly #maxSize: number;
  items: number[] = [];
  #waiters: Waiter[] = [];
  #isClosed = false;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  enter(waiter: Waiter): void {
    const { count, items } = waiter;
    if (this.#isClosed && items !== undefined) this.#say(waiter, "closed");
    else if (count > this.#maxSize) this.#say(waiter, "never");
    else if (this.#isClosed) this.#giveRest(waiter);
    else this.#waiters.push(waiter);
    this.#settle();
  }

  withdraw(name: number): void {
    const waiter = this.#waiters.find((one) => one.name === name);
    if (waiter === undefined) return;
    this.#leave(waiter, "none");
    this.#settle();
  }

  putBack(items: readonly number[]): void {
    this.items = [...items, ...this.items];
    this.#settle();
  }

  close(): void {
    this.#isClosed = true;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const one of waiters) if (one.items !== undefined) this.#say(one, "closed");
    for (const one of waiters) if (one.items === undefined) this.#giveRest(one);
  }

  #settle(): void {
    for (;;) {
      const getter = this.#waiters.find(({ items }) => items === undefined);
      const putter = this.#waiters.find(({ items }) => items !== undefined);
      if (getter !== undefined && getter.count <= this.items.length) {
        this.#leave(getter, `done ${this.items.splice(0, getter.count).join()}`);
        continue;
      }
      if (putter === undefined) return;
      const isRoom = this.items.length + putter.count <= this.#maxSize;
      if (!isRoom && getter === undefined) return;
      this.items.push(...putter.items!);
      this.#leave(putter, "done ");
    }
  }

  #giveRest(waiter: Waiter): void {
    const items = this.items.splice(0, waiter.count);
    this.#say(waiter, items.length === 0 ? "closed" : `done ${items.join()}`);
  }

  #leave(waiter: Waiter, what: string): void {
    this.#waiters = this.#waiters.filter((one) => one !== waiter);
    this.#say(waiter, what);
  }

  #say({ name }: Waiter, what: string): void {
    this.log.push(`${name}: ${what}`);
  }
}

/** The real one, driven in the same way. */
class Driven {
  readonly log: Log = [];
  readonly queue: BoundedQueue<number>;
  readonly #waiters = new Map<number, Getter<number> | Putter<number>>();

  constructor(maxSize: number) {
    this.queue = new BoundedQueue(maxSize);
  }

  enter({ name, count, items }: Waiter): void {
    const settle = (answer: Answer<number>): void => {
      const what = answer.state === "done" ? `done ${answer.items.join()}` : answer.state;
      this.log.push(`${name}: ${what}`);
    };
    const waiter =
      items === undefined ? this.queue.get(count, settle) : this.queue.put(items, settle);
    this.#waiters.set(name, waiter);
  }

  withdraw(name: number): void {
    const waiter = this.#waiters.get(name);
    if (waiter !== undefined) this.queue.withdraw(waiter);
  }
}

const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ get: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 5, arbitrary: fc.record({ put: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ withdraw: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ putBack: fc.integer({ min: 1, max: 2 }) }) },
);
const maxSize = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(Infinity));

test("random events come to the same as with a plain twin, and no item is lost or doubled", () => {
  const closing = fc.option(fc.nat({ max: 80 }), { nil: undefined });
  fc.assert(
    fc.property(maxSize, fc.array(event, { maxLength: 80 }), closing, (max, events, closesAt) => {
      const [twin, driven] = [new Twin(max), new Driven(max)];
      let number = 0;
      const numbers = (count: number): number[] => Array.from({ length: count }, () => number++);
      events.forEach((one, name) => {
        if (name === closesAt) {
          twin.close();
          driven.queue.close();
        }
        if ("withdraw" in one) {
          twin.withdraw(one.withdraw);
          driven.withdraw(one.withdraw);
        } else if ("putBack" in one) {
          const items = numbers(one.putBack);
          twin.putBack(items);
          driven.queue.putBack(items);
        } else {
          const items = "put" in one ? numbers(one.put) : undefined;
          const count = "put" in one ? one.put : one.get;
          twin.enter({ name, count, items });
          driven.enter({ name, count, items });
        }
        assert.deepEqual(driven.log, twin.log);
        assert.equal(driven.queue.size, twin.items.length);
        driven.queue.validate();
      });
    }),
    { numRuns: 2_000 },
  );
});

test("who came first is served first, also if somebody behind could be served", () => {
  const driven = new Driven(3);
  driven.enter({ name: 1, count: 2, items: undefined });
  driven.enter({ name: 2, count: 1, items: undefined });
  driven.enter({ name: 3, count: 1, items: [7] });
  assert.deepEqual(driven.log, ["3: done "]);
  driven.enter({ name: 4, count: 2, items: [8, 9] });
  assert.deepEqual(driven.log, ["3: done ", "4: done ", "1: done 7,8", "2: done 9"]);
});

test("a getter and a putter that wait for more than there is do not block each other", () => {
  const driven = new Driven(4);
  driven.enter({ name: 1, count: 3, items: [1, 2, 3] });
  driven.enter({ name: 2, count: 4, items: undefined });
  driven.enter({ name: 3, count: 2, items: [4, 5] });
  assert.deepEqual(driven.log, ["1: done ", "3: done ", "2: done 1,2,3,4"]);
  assert.equal(driven.queue.size, 1);
});

test("those who leave a long line cost nothing to those who stay", () => {
  const queue = new BoundedQueue<number>(1);
  const got: number[] = [];
  const gone = Array.from({ length: 10_000 }, () => queue.get(1, () => undefined));
  queue.get(1, (answer) => void (answer.state === "done" && got.push(answer.items[0]!)));
  for (const getter of gone.reverse()) queue.withdraw(getter);
  queue.put([5], () => undefined);
  assert.deepEqual([got, queue.size], [[5], 0]);
});

test("what is closed gives the rest, and more than fits is never waited for", () => {
  const driven = new Driven(2);
  driven.enter({ name: 1, count: 2, items: [1, 2] });
  driven.enter({ name: 2, count: 1, items: [3] });
  driven.enter({ name: 3, count: 3, items: undefined });
  driven.enter({ name: 4, count: 3, items: [4, 5, 6] });
  driven.queue.close();
  driven.enter({ name: 5, count: 2, items: undefined });
  driven.enter({ name: 6, count: 1, items: undefined });
  driven.enter({ name: 7, count: 1, items: [7] });
  assert.deepEqual(driven.log, [
    "1: done ",
    "3: never",
    "4: never",
    "2: closed",
    "5: done 1,2",
    "6: closed",
    "7: closed",
  ]);
});
