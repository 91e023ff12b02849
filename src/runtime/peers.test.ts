import assert from "node:assert/strict";
import { test } from "node:test";
import { HELLO_TIMEOUT_MS } from "../base/limits.ts";
import { memoryTransports } from "../wire/memory.ts";
import type { Transport } from "../wire/transport.ts";
import { systemClock } from "./system.ts";
import type { Identity } from "./identity.ts";
import { Peers } from "./peers.ts";

const KIND = 77;
const DRIVER: Identity = {
  ...{ processId: 1, role: "driver", sessionId: "0123456789abcdef", token: "secret", pid: 100 },
};

/** Processes that find each other; what they hear is noted. */
class Network {
  readonly #jobs: (() => void)[] = [];
  readonly #processes = new Map<number, Peers>();
  readonly heard: string[] = [];
  /** Whose end everybody knows. */
  readonly gone = new Set<number>();

  add(processId: number, identity: Partial<Identity> = {}): Peers {
    const self: Identity = { ...DRIVER, processId, ...identity };
    const peers = new Peers(self, (toId) => this.connect(toId), systemClock, {
      frame: (peer, kind, body) => {
        assert.equal(kind, KIND);
        this.heard.push(`${peer.processId} -> ${processId}: ${body.string()}`);
      },
      isGone: (toId) => this.gone.has(toId),
      gone: (peer, cause) => {
        this.heard.push(`${processId} lost ${peer.processId}: ${cause?.message ?? "closed"}`);
      },
    });
    this.#processes.set(processId, peers);
    return peers;
  }

  connect(toId: number): Transport {
    const [near, far] = memoryTransports((job) => this.#jobs.push(job));
    this.#processes.get(toId)!.accept(far);
    return near;
  }

  /** Until nothing is under way, flushes included. */
  async settle(): Promise<string[]> {
    do {
      this.#jobs.splice(0).forEach((job) => job());
      await Promise.resolve();
    } while (this.#jobs.length > 0);
    return this.heard.splice(0);
  }
}

function send(from: Peers, toId: number, text: string): void {
  const { link } = from.get(toId);
  link.begin(KIND).string(text);
  link.end();
}

test("the first message makes the link; the answer goes the same way", async () => {
  const network = new Network();
  const [one, two] = [network.add(1), network.add(2)];
  send(one, 2, "a");
  send(one, 2, "b");
  assert.deepEqual(await network.settle(), ["1 -> 2: a", "1 -> 2: b"]);
  send(two, 1, "c");
  assert.deepEqual(await network.settle(), ["2 -> 1: c"]);
});

test("links made from both sides at once: each side's messages stay in order", async () => {
  const network = new Network();
  const [one, two] = [network.add(1), network.add(2)];
  for (const text of ["a", "b"]) {
    send(one, 2, text);
    send(two, 1, text);
  }
  const heard = await network.settle();
  const from = (start: string): string[] => heard.filter((line) => line.startsWith(start));
  assert.deepEqual(from("1"), ["1 -> 2: a", "1 -> 2: b"]);
  assert.deepEqual(from("2"), ["2 -> 1: a", "2 -> 1: b"]);
});

test("a peer that has said hello and then sends what is no frame: its link ends", async () => {
  const network = new Network();
  const one = network.add(1);
  const three = network.add(3);
  const wrongLengths = Buffer.from([8, 0, 0, 0, KIND, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
  for (const garbage of [Buffer.alloc(64, 0xff), wrongLengths]) {
    let raw!: Transport;
    const broken = new Peers(
      { ...DRIVER, processId: 2 },
      () => (raw = network.connect(1)),
      systemClock,
      {
        frame: () => undefined,
        isGone: () => false,
        gone: () => undefined,
      },
    );
    send(broken, 1, "hello");
    assert.deepEqual(await network.settle(), ["2 -> 1: hello"]);
    raw.write(garbage);
    const [lost, ...more] = await network.settle();
    assert.match(lost!, /^1 lost 2: Cannot read frame: /);
    assert.deepEqual(more, []);
    assert.equal(one.find(2), undefined);
  }
  send(three, 1, "still here");
  assert.deepEqual(await network.settle(), ["3 -> 1: still here"]);
});

test("who does not belong to the session is no peer, and hears only the end", async () => {
  const network = new Network();
  const one = network.add(1);
  const strangers = { token: "guessed", sessionId: "fedcba9876543210" };
  for (const [name, value] of Object.entries(strangers)) {
    const stranger = network.add(9, { [name]: value });
    send(stranger, 1, "let me in");
    assert.deepEqual(await network.settle(), ["9 lost 1: closed"]);
    assert.equal(one.find(9), undefined);
  }
});

test("a link that is accepted after the end of its maker is known ends unread", async () => {
  const network = new Network();
  const one = network.add(1);
  send(network.add(2), 1, "before the end");
  network.gone.add(2);
  assert.deepEqual(await network.settle(), ["2 lost 1: closed"]);
  assert.equal(one.find(2), undefined);
});

test("a link that says nothing ends after its time, one that has said hello stays", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const network = new Network();
  network.add(1);
  const peer = network.add(2);
  send(peer, 1, "a");
  let isClosed = false;
  network.connect(1).start({ data: () => undefined, closed: () => (isClosed = true) });
  assert.deepEqual(await network.settle(), ["2 -> 1: a"]);
  t.mock.timers.tick(HELLO_TIMEOUT_MS - 1);
  assert.deepEqual([await network.settle(), isClosed], [[], false]);
  t.mock.timers.tick(1);
  assert.deepEqual([await network.settle(), isClosed], [[], true]);
  send(peer, 1, "b");
  assert.deepEqual(await network.settle(), ["2 -> 1: b"]);
});
