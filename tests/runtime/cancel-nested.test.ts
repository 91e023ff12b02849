/**
 * What is cancelled with a call: a grid of chains (who calls whom: task, method of an actor,
 * generator, map) and of what ends the first call (`cancel`, a signal, a deadline).
 */

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inspect } from "node:util";
import { cancel, context, remote, type ActorHandle, type ObjectRef } from "mobula";
import type { Events } from "../support/fifo.ts";
import { isSaid } from "../support/forced.ts";
import { announce, takePermit } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";
import { collected } from "../support/streams.ts";
import { eventually } from "../support/within.ts";

const fixture = useRuntime({ numCpus: 2, logToDriver: false });

/** A call of it waits until it is let through, or cancelled. */
class Gate {
  readonly #waiting = new Set<() => void>();

  pass(): Promise<void> {
    const { signal } = context();
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      signal.addEventListener("abort", () => {
        this.#waiting.delete(resolve);
        reject(signal.reason as Error);
      });
    });
  }

  open(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  waiting(): number {
    return this.#waiting.size;
  }
}

type Kind = "task" | "method" | "stream" | "map";
interface Kit {
  readonly events: string;
  readonly gate: ActorHandle<Gate>;
  readonly actor: ActorHandle<Node>;
}

/** A link of the chain: calls the next one, or waits at the gate. Tells how it ends. */
async function link(kit: Kit, chain: readonly Kind[]): Promise<void> {
  announce(kit.events, `${chain.length} began in ${process.pid}`);
  try {
    if (chain.length === 0) await kit.gate.pass();
    else await next(kit, chain[0]!, chain.slice(1));
    announce(kit.events, `${chain.length} passed`);
  } catch (error) {
    announce(kit.events, `${chain.length} ${(error as Error).name}`);
    throw error;
  }
}

async function next(kit: Kit, kind: Kind, chain: readonly Kind[]): Promise<void> {
  if (kind === "task") await linkTask(kit, chain);
  else if (kind === "method") await kit.actor.link(kit, chain);
  else if (kind === "map") await linkOf.map([{ kit, chain }]);
  else for await (const element of linkStream(kit, chain)) assert.equal(element, "passed");
}

class Node {
  link(kit: Kit, chain: readonly Kind[]): Promise<void> {
    return link(kit, chain);
  }
}

const linkTask = remote((kit: Kit, chain: readonly Kind[]) => link(kit, chain));
const linkOf = remote(({ kit, chain }: { kit: Kit; chain: readonly Kind[] }) => link(kit, chain));
const linkStream = remote(async function* stream(kit: Kit, chain: readonly Kind[]) {
  await link(kit, chain);
  yield "passed";
});

let gate: ActorHandle<Gate>;
let actor: ActorHandle<Node>;
before(() => {
  gate = new (remote(Gate, { maxConcurrency: Infinity }))();
  actor = new (remote(Node, { maxConcurrency: Infinity }))();
});

interface Limits {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Calls the first link; the ref of the call, if it has one. */
function start(
  kit: Kit,
  [kind, ...chain]: readonly Kind[],
  limits: Limits,
): { ref?: ObjectRef<void>; over: PromiseLike<unknown> } {
  if (kind === "task") return both(linkTask.options(limits)(kit, chain));
  if (kind === "method") return both(kit.actor.link.options(limits)(kit, chain));
  if (kind === "map") return { over: linkOf.map([{ kit, chain }], limits) };
  return { over: collected(linkStream.options(limits)(kit, chain)) };
}

function both(ref: ObjectRef<void>): { ref: ObjectRef<void>; over: PromiseLike<unknown> } {
  return { ref, over: ref };
}

const kinds: readonly Kind[] = ["task", "method", "stream", "map"];
/** What the first call calls, and what that calls. */
const rests = kinds.flatMap((second) =>
  (["task", "method"] as const).map((third): readonly Kind[] => [second, third]),
);

/** What ends the first call, for which kinds, and what the links are told. */
const endings = [
  ["cancel", ["task", "method"], "TaskCancelledError"],
  ["forced cancel", ["task", "method"], "TaskCancelledError"],
  ["signal", kinds, "RangeError"],
  ["timeoutMs", ["task", "method", "stream"], "TaskTimeoutError"],
] as const;

for (const [ending, firstKinds, told] of endings) {
  for (const first of firstKinds) {
    const isByForce = ending === "timeoutMs" || ending === "forced cancel";
    test(`${ending} of a ${first}: all that it has called is told`, async () => {
      const ended = new Set<readonly Kind[]>();
      for (const rest of rests) {
        await naming(rest, async () => {
          const events = fixture.sandbox.events();
          const controller = new AbortController();
          // Of a call with a deadline it is not known how far it comes.
          const isLimited = ending === "timeoutMs";
          const limits = isLimited ? { timeoutMs: 150 } : { signal: controller.signal };
          const kit = { events: events.path, gate, actor };
          const { ref, over } = start(kit, [first, ...rest], limits);
          const outcome = assert.rejects(async () => over, { name: told });
          const pids = new Map<number, number>();
          for (const level of isLimited ? [2] : [2, 1, 0]) {
            pids.set(level, await begins(events, level));
          }
          if (ending === "signal") controller.abort(new RangeError("enough"));
          else if (!isLimited) cancel(ref!, { force: ending === "forced cancel" });
          await outcome;
          for (const [level, pid] of pids) {
            if (!isByForce) await events.take(`${level} ${told}`);
            else if (!(await isSaid(events, `${level} ${told}`, pid))) ended.add(rest);
          }
          await eventually(() => complainUnlessWaiting(0));
          if (ended.has(rest)) return;
          for (const event of events.pending) assert.match(event, new RegExp(`began|${told}`));
        });
      }
      assert(ended.size <= rests.length / 4, `ended before they were told: ${inspect(ended)}`);
    });
  }
}

/** The process in which it begins. */
async function begins(events: Events, level: number): Promise<number> {
  const event = await events.take(new RegExp(`^${level} began in `));
  return Number(event.split(" ").at(-1));
}

async function naming(chain: readonly Kind[], run: () => Promise<void>): Promise<void> {
  await run().catch((error: unknown) => {
    throw new Error(`calls ${chain.join(", which calls ")}: ${String(error)}`, { cause: error });
  });
}

async function complainUnlessWaiting(count: number): Promise<string | undefined> {
  const waiting = await gate.waiting();
  return waiting === count ? undefined : `${waiting} wait at the gate`;
}

for (const first of ["task", "method"] as const) {
  test(`without recursive, what a ${first} has called goes on`, async () => {
    for (const second of kinds) {
      await naming([second], async () => {
        const events = fixture.sandbox.events();
        const { ref } = start({ events: events.path, gate, actor }, [first, second, "task"], {});
        for (const level of [2, 1, 0]) await begins(events, level);
        await eventually(() => complainUnlessWaiting(1));
        cancel(ref!, { recursive: false });
        await assert.rejects(ref!, { name: "TaskCancelledError" });
        await events.take("2 TaskCancelledError");
        assert.equal(await gate.waiting(), 1);
        await gate.open();
        await events.take("0 passed");
        await events.take("1 passed");
        assert.deepEqual(events.pending, []);
      });
    }
  });
}

interface LateKit extends Kit {
  readonly single: ActorHandle<Single>;
}

class Single extends Node {
  late(events: string, _after?: unknown): void {
    announce(events, "began");
  }
}

const late = remote((events: string, _after?: unknown) => announce(events, "began"));
const lateWhole = late.options({ numCpus: 2 });

/** Calls that cannot begin, for as long as a core is taken and nobody passes the gate. */
const unbegun: Readonly<Record<string, (kit: LateKit) => ObjectRef<void>>> = {
  "a task that waits for its argument": ({ events, gate }) => late(events, gate.pass()),
  "a task that waits for room": ({ events }) => lateWhole(events),
  "a method that waits for its argument": ({ events, gate, single }) =>
    single.late(events, gate.pass()),
  "a method that stands in line": (kit) => {
    // It, too, is cancelled, but after the one that stands behind it.
    void kit.single.link(kit, []).catch(() => {
      // Told of its cancellation.
    });
    return kit.single.late(kit.events);
  },
};

for (const [title, call] of Object.entries(unbegun)) {
  test(`${title} never begins when its caller is cancelled`, async () => {
    const events = fixture.sandbox.events();
    const permits = fixture.sandbox.permits();
    const hold = remote(async (events: string, permits: string) => {
      announce(events, "held");
      await takePermit(permits);
    });
    const holder = hold(events.path, permits.path);
    await events.take("held");
    using single = new (remote(Single))();
    const caller = remote(async (kit: LateKit) => {
      const ref = call(kit);
      announce(kit.events, "called");
      await ref;
    });
    const ref = caller({ events: events.path, gate, actor, single });
    await events.take("called");
    cancel(ref);
    await assert.rejects(ref, { name: "TaskCancelledError" });
    await eventually(() => complainUnlessWaiting(0));
    permits.give();
    await holder;
    // What stood in line before these has had its turn.
    await lateWhole(events.path);
    await single.late(events.path);
    announce(events.path, "over");
    await events.take("over");
    assert.deepEqual(
      events.pending.filter((event) => event === "began"),
      ["began", "began"],
    );
  });
}

test(
  "an actor that a cancelled task is making: its constructor is ended, and its calls fail",
  processesOnly("it blocks the process"),
  async () => {
    const events = fixture.sandbox.events();
    const Slow = remote(
      class Slow {
        constructor(events: string) {
          announce(events, String(process.pid));
          for (;;);
        }
        method(): void {}
      },
    );
    const maker = remote(async (events: string) => {
      const slow = new Slow(events);
      await slow.method().catch((error: Error) => announce(events, error.name));
    });
    const ref = maker(events.path);
    const pid = Number(await events.next());
    cancel(ref);
    await assert.rejects(ref, { name: "TaskCancelledError" });
    assert.equal(await events.next(), "TaskCancelledError");
    await fixture.gone(pid);
  },
);

test("a second cancel reaches what the first one has spared", async () => {
  const events = fixture.sandbox.events();
  // It does not end by itself, so that it can be cancelled twice.
  const stubborn = remote(async (kit: Kit) => {
    const call = linkTask(kit, []);
    await call.catch((error: Error) => announce(kit.events, error.message));
    await new Promise((resolve) => context().signal.addEventListener("never", resolve));
  });
  const ref = stubborn({ events: events.path, gate, actor });
  await begins(events, 0);
  cancel(ref, { recursive: false });
  assert.equal(await events.next(), `Cannot get result ${ref.id} of anonymous: cancelled`);
  cancel(ref);
  await events.take("0 TaskCancelledError");
  cancel(ref, { force: true });
  await assert.rejects(ref, { name: "TaskCancelledError" });
});
