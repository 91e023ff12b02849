/** One AbortSignal for calls, `map`, `get`, `wait` and `asCompleted`: before, during and after. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { before, test } from "node:test";
import { asCompleted, get, remote, wait, type ActorHandle, type ObjectRef } from "mobula";
import { useRuntime } from "../support/runtime.ts";
import { collected } from "../support/streams.ts";

useRuntime({ numCpus: 2, logToDriver: false });

/** Calls that are over when they are let go. */
class Door {
  #open: () => void = () => undefined;
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));
  pass(): Promise<void> {
    return this.#opened;
  }
  open(): void {
    this.#open();
  }
}
const Doors = remote(Door, { maxConcurrency: Infinity });
const quick = remote((n: number) => n);
const through = remote(async (door: ActorHandle<Door>) => door.pass());

let shut: ActorHandle<Door>;
before(() => {
  shut = new Doors();
});

async function drain(refs: AsyncIterable<unknown>): Promise<number> {
  return (await collected(refs)).length;
}

type Use = (door: ActorHandle<Door>, signal: AbortSignal) => PromiseLike<unknown>;
const uses: Readonly<Record<string, Use>> = {
  "a task": (door, signal) => through.options({ signal })(door),
  "a method": (door, signal) => door.pass.options({ signal })(),
  map: (door, signal) => through.map([door, door], { signal }),
  "refs of map": (door, signal) =>
    drain(through.map([door, door], { signal, concurrency: 1 }).refs()),
  get: (door, signal) => get(door.pass(), { signal }),
  wait: (door, signal) => wait([door.pass(), door.pass()], { count: 2, signal }),
  asCompleted: (door, signal) => drain(asCompleted([door.pass(), door.pass()], { signal })),
};

for (const [name, use] of Object.entries(uses)) {
  test(`${name}: a signal that has aborted before, aborts meanwhile, or afterwards`, async () => {
    const reason = { why: name };
    await assert.rejects(async () => use(shut, AbortSignal.abort(reason)), isIt(reason));

    const during = new AbortController();
    const outcome = assert.rejects(async () => use(shut, during.signal), isIt(reason));
    await new Promise(setImmediate);
    during.abort(reason);
    await outcome;
    assert.equal(getEventListeners(during.signal, "abort").length, 0);

    const later = new AbortController();
    using door = new Doors();
    await door.open();
    await use(door, later.signal);
    assert.equal(getEventListeners(later.signal, "abort").length, 0);
    later.abort(reason);
  });
}

function isIt(reason: unknown): (error: unknown) => boolean {
  return (error) => error === reason;
}

test("10,000 calls and waits share a signal: one listener, no warning, nothing left", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on("warning", onWarning);
  const controller = new AbortController();
  const { signal } = controller;
  const limited = quick.options({ signal });
  const refs = Array.from({ length: 10_000 }, (_, n): ObjectRef<number> => limited(n));
  const waits = refs.map((ref) => get(ref, { signal }));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  assert.deepEqual(
    await Promise.all(waits),
    refs.map((_, n) => n),
  );
  assert.equal(getEventListeners(signal, "abort").length, 0);
  await new Promise(setImmediate);
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("asCompleted: a loop that is left forgets its signal; wrong options", async () => {
  const { signal } = new AbortController();
  for await (const ref of asCompleted<unknown>([quick(1), shut.pass()], { signal })) {
    assert.equal(await ref, 1);
    break;
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.equal(await drain(asCompleted([], { signal: AbortSignal.timeout(60_000) })), 0);
  assert.throws(() => asCompleted([], { signal: "now" as never }), {
    message: 'Cannot use option signal of asCompleted: it is "now" and must be an AbortSignal',
  });
});
