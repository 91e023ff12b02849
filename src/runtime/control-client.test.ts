import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MsgpackReader, MsgpackWriter } from "../base/msgpack.ts";
import { testConformance } from "../control/conformance.ts";
import { Told, type ControlStore } from "../control/conformance-tools.ts";
import { playBesideTwin } from "../control/conformance-twin.ts";
import { EmbeddedControl } from "../control/embedded.ts";
import { ControlServer } from "../daemon/control-server.ts";
import { writePlain } from "../values/plain-data.ts";
import { Link } from "../wire/link.ts";
import { memoryTransports } from "../wire/memory.ts";
import { Kind } from "../wire/messages.ts";
import { ControlClient } from "./control-client.ts";

const ENDED = new Error("the daemon is gone");
const OTHER_KIND = 250;

/** A daemon, and the processes that are linked to it. */
class Session {
  readonly control = new EmbeddedControl();
  readonly server = new ControlServer(this.control);
  readonly links: Link[] = [];
  /** Kinds of the frames that the processes got. */
  readonly sent: number[] = [];

  connect(): ControlClient {
    return this.open().client;
  }

  /** `broken`: what the daemon's end of the link was closed with. */
  open(): { client: ControlClient; link: Link; senderId: number; broken: Promise<unknown> } {
    const [near, far] = memoryTransports();
    const senderId = this.links.length + 1;
    const broken = new Promise((resolve) => {
      const daemonSide: Link = new Link(
        far,
        (kind, bytes, start, end) => {
          const body = behindHeader(bytes, start, end);
          const isTaken = this.server.message(daemonSide, senderId, kind, body);
          assert.equal(isTaken, kind !== OTHER_KIND);
        },
        (cause) => {
          this.server.processGone(senderId);
          resolve(cause);
        },
      );
    });
    const link: Link = new Link(
      near,
      (kind, bytes, start, end) => {
        this.sent.push(kind);
        assert.ok(client.message(kind, behindHeader(bytes, start, end)));
      },
      () => client.end(ENDED),
    );
    const client = new ControlClient(link);
    this.links.push(link);
    return { client, link, senderId, broken };
  }

  async close(): Promise<void> {
    for (const link of this.links) link.close();
  }
}

function behindHeader(bytes: Buffer, start: number, end: number): MsgpackReader {
  const body = new MsgpackReader(bytes, start, end);
  body.arrayHeader();
  return body;
}

function send(link: Link, kind: number, parts: readonly unknown[]): void {
  writePlain(link.begin(kind), parts, "message");
  link.end();
}

async function openSession(): Promise<ControlStore> {
  return new Session();
}

testConformance("over a link", openSession);

test("over a link: any moves have the outcome that a Map and a log have", async () => {
  const moves = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 20, maxLength: 80 });
  const play = async (played: [number, number, number][]): Promise<void> => {
    const session = new Session();
    await playBesideTwin(session, played);
    await session.close();
  };
  await fc.assert(fc.asyncProperty(moves, play), { numRuns: 40 });
});

test("the link ends: what is asked is rejected with the reason, watches fall silent", async () => {
  const session = new Session();
  const { client, link } = session.open();
  const told = new Told(client, "");
  await client.compareAndSet("a", 0, 1);
  const asked = [client.get("a"), client.list(""), client.compareAndSet("b", 0, 1)];
  link.close();
  for (const each of asked) await assert.rejects(each, ENDED);
  for (const late of [client.get("a"), client.list(""), client.compareAndSet("c", 0, 1)]) {
    await assert.rejects(late, ENDED);
  }
  const other = session.connect();
  assert.ok((await other.compareAndSet("late", 0, 1)).isSet);
  const silent = new Told(client, "");
  await other.get("late");
  assert.deepEqual([told.changes.length, silent.changes.length], [1, 0]);
  for (const { stop } of [told, silent]) stop();
  client.end(new Error("of a later end nobody hears"));
  await assert.rejects(client.get("a"), ENDED);
  // It was sent before the end, and nobody knew whether it would be done.
  assert.equal((await other.get("b"))?.value, 1);
  await session.close();
});

test("nothing is sent to who has stopped watching, or is gone", async () => {
  const session = new Session();
  const stopping = new Told(session.connect(), "");
  const { client, senderId } = session.open();
  const leaving = new Told(client, "");
  const maker = session.connect();
  const staying = new Told(maker, "");
  assert.ok((await maker.compareAndSet("a", 0, 1)).isSet);
  for (const told of [stopping, leaving]) await told.until((changes) => changes.length === 1);
  stopping.stop();
  session.server.processGone(senderId);
  await maker.get("a");
  session.sent.length = 0;
  await maker.compareAndSet("b", 0, 1);
  await maker.get("a");
  assert.deepEqual(session.sent, [Kind.controlChange, Kind.controlOutcome, Kind.controlEntry]);
  assert.equal(staying.changes.length, 2);
  await session.close();
});

test("the daemon's own changes are told to processes", async () => {
  const session = new Session();
  const client = session.connect();
  const told = new Told(client, "actors/");
  const made = await client.compareAndSet("actors/1", 0, { processId: 7 });
  assert.ok(made.isSet);
  for (const { key, revision } of session.control.entries("actors/")) {
    assert.ok(session.control.set(key, revision, undefined).isSet);
  }
  const [, deletion] = await told.until((changes) => changes.length === 2);
  assert.equal(deletion!.value, undefined);
  assert.ok(deletion!.revision > made.revision);
  await session.close();
});

test("absurd but well formed: the daemon answers, and goes on", async () => {
  const session = new Session();
  const { client, link } = session.open();
  const numbers = [0, -1, 0.5, NaN, Infinity, 2 ** 53 - 1];
  const texts = ["", "a", "\udfff", "k".repeat(100_000)];
  for (const number of numbers) {
    send(link, Kind.controlUnwatch, [number]);
    for (const text of texts) {
      send(link, Kind.controlGet, [number, text]);
      send(link, Kind.controlList, [number, text, "more", ["than is", "known"]]);
      send(link, Kind.controlSet, [number, text, number, undefined]);
      send(link, Kind.controlWatch, [number, text]);
    }
    send(link, Kind.controlWatch, [number, "the same number once more"]);
    send(link, Kind.controlUnwatch, [number]);
    send(link, Kind.controlUnwatch, [number]);
  }
  send(link, Kind.controlSet, [99, "x".repeat(1_000), 0, "y".repeat(2_000_000)]);
  send(link, OTHER_KIND, []);
  assert.equal((await client.get("x".repeat(1_000)))?.value, "y".repeat(2_000_000));
  const answers = session.sent.filter((kind) => kind !== Kind.controlChange);
  assert.equal(answers.length, 3 * numbers.length * texts.length + 2);
  assert.ok(!session.sent.includes(Kind.controlChange));
  await session.close();
});

test("what a later version of the daemon says in addition is passed over", async () => {
  const { client, link } = new Session().open();
  const hear = (kind: number, ...parts: unknown[]): void => {
    const body = new MsgpackWriter();
    writePlain(body, [...parts, "more", { than: "is known" }], "message");
    client.message(kind, behindHeader(body.bytes, 0, body.position));
  };
  const more = ["b", 2, "y", "more", { than: "is known" }];
  const asked = [client.get("b"), client.list(""), client.compareAndSet("b", 1, null)] as const;
  const told = new Told(client, "");
  hear(Kind.controlEntry, 1, more);
  hear(Kind.controlEntries, 2, [["a", 1, "x"], more, ["c", 3, "z"]]);
  hear(Kind.controlOutcome, 3, null, more);
  hear(Kind.controlChange, 4, "d", 4, undefined);
  hear(Kind.controlEntry, 1, null);
  hear(Kind.controlChange, 5, "of no watch", 5, 1);
  const entry = { key: "b", revision: 2, value: "y" };
  assert.deepEqual(await asked[0], entry);
  assert.deepEqual(await asked[1], [
    { key: "a", revision: 1, value: "x" },
    entry,
    { key: "c", revision: 3, value: "z" },
  ]);
  assert.deepEqual(await asked[2], { isSet: false, entry });
  assert.deepEqual(told.changes, [{ key: "d", revision: 4, value: undefined }]);
  assert.equal(client.message(OTHER_KIND, new MsgpackReader(Buffer.alloc(0))), false);
  link.close();
});

test("who sends what is no plain data loses its link, and no other", async () => {
  const session = new Session();
  const client = session.connect();
  for (const parts of [
    ...[new Date(0), Buffer.alloc(5_000), [new Map()], Symbol.iterator].map((value) => {
      return [1, "a", 0, value];
    }),
    ...[null, 7, {}, Buffer.from("a")].map((key) => [1, key, 0, 1]),
    [1, "a", "revision", 1],
    [1, "a", 0],
  ]) {
    const { link, broken } = session.open();
    send(link, Kind.controlSet, parts);
    assert.match(String(await broken), /^MalformedMsgpackError: Cannot read message: /);
  }
  assert.deepEqual(await client.list(""), []);
  await session.close();
});
