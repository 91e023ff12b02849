/**
 * Strangers on the sockets of a session: their links end, nothing else does.
 * Processes only: inline there is no socket.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { before, test } from "node:test";
import { remote } from "mobula";
import { useRuntime } from "../support/runtime.ts";
import { eventually, within } from "../support/within.ts";

const fixture = useRuntime();
const square = remote((n: number) => n * n);

const HELLO = 1;

interface Lies {
  readonly frameBytes?: number;
  readonly bodyBytes?: number;
}

/** A frame as docs/PROTOCOL.md lays it out; the lengths may lie. */
function frame(kind: number, body: Buffer, lies: Lies = {}): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(lies.frameBytes ?? body.length, 0);
  header.writeUInt8(kind, 4);
  header.writeUInt32LE(lies.bodyBytes ?? body.length, 12);
  return Buffer.concat([header, body]);
}

const text = (value: string): Buffer => {
  return Buffer.concat([Buffer.from([0xd9, value.length]), Buffer.from(value)]);
};

/** version, session, token, processId, role, language, pid */
function hello(version: number, session: string, token: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x97, version]),
    ...[text(session), text(token), Buffer.from([0x09])],
    ...[text("worker"), text("javascript"), Buffer.from([0x01])],
  ]);
}

const wrongToken = hello(1, "0123456789abcdef", "0".repeat(64));

/** What strangers send; each is to be answered by the end of the link. */
const attacks: Readonly<Record<string, Buffer>> = {
  "a web request": Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  zeros: Buffer.alloc(4_096),
  "0xff": Buffer.alloc(100_000, 0xff),
  "a hello with a wrong token": frame(HELLO, wrongToken),
  "a hello of another version": frame(HELLO, hello(99, "0123456789abcdef", "0".repeat(64))),
  "an empty hello": frame(HELLO, Buffer.alloc(0)),
  "a hello that is no array": frame(HELLO, text("hello")),
  "a hello with wrong types": frame(HELLO, Buffer.alloc(8, 0xc0).fill(0x97, 0, 1)),
  "a hello cut inside": frame(HELLO, wrongToken.subarray(0, 20)),
  "another kind first": frame(5, wrongToken),
  "an announced length of 4 GiB": frame(HELLO, wrongToken, { frameBytes: 2 ** 32 - 1 }),
  "a body longer than its frame": frame(HELLO, wrongToken, { bodyBytes: 2 ** 31 }),
  "an array of 4 billion elements": frame(HELLO, Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])),
  "a string of 4 GiB": frame(HELLO, Buffer.from([0x97, 0x01, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x41])),
};

let workersBefore: number[] = [];
before(async () => {
  await Promise.all([square(1), square(2)]);
  await eventually(() => (sockets().length === 4 ? undefined : "a worker is missing"));
  workersBefore = fixture.sandbox.pidsOf("mobula worker");
});

function sockets(): string[] {
  const { sandbox } = fixture;
  const files = sandbox.files().filter((file) => file.endsWith(".sock"));
  return files.map((file) => join(sandbox.temporaryDirectory, file));
}

async function connect(address: string): Promise<net.Socket> {
  const socket = net.connect(address);
  await once(socket, "connect");
  // A reset is an end like any other.
  socket.on("error", () => undefined);
  socket.resume();
  return socket;
}

for (const [what, bytes] of Object.entries(attacks)) {
  test(`${what}: the link ends`, async () => {
    assert.equal(await square(2), 4);
    for (const address of sockets()) {
      const socket = await connect(address);
      const closed = once(socket, "close");
      socket.write(bytes);
      await within(closed, `${address} keeps the link`);
    }
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map((n) => square(n))), [1, 4, 9, 16]);
  });
}

test("the same byte by byte, while tasks run", async () => {
  const results = Promise.all(Array.from({ length: 500 }, (_, n) => square(n)));
  for (const address of sockets()) {
    const socket = await connect(address);
    const closed = once(socket, "close");
    for (const byte of frame(HELLO, wrongToken)) {
      if (!socket.writable) break;
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    await within(closed, `${address} keeps the link`);
  }
  assert.equal((await results)[499], 499 * 499);
});

test("a frame that is never finished, and a link that is closed at once", async () => {
  for (const address of sockets()) {
    for (const bytes of [Buffer.alloc(0), frame(HELLO, wrongToken).subarray(0, 40)]) {
      const socket = await connect(address);
      const closed = once(socket, "close");
      socket.end(bytes);
      await within(closed, `${address} keeps the link`);
    }
  }
  assert.equal(await square(5), 25);
});

test("many strangers that say nothing", async () => {
  const silent = await Promise.all(
    sockets().flatMap((address) => Array.from({ length: 50 }, () => connect(address))),
  );
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => square(n))), [1, 4, 9]);
  for (const socket of silent) socket.destroy();
});

test("no worker was replaced", () => {
  assert.deepEqual(fixture.sandbox.pidsOf("mobula worker"), workersBefore);
});
