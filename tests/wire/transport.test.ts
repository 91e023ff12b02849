/** What every transport does, run on each of them. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { memoryTransports } from "../../src/wire/memory.ts";
import { connect, listen } from "../../src/wire/socket.ts";
import type { Transport } from "../../src/wire/transport.ts";

/** One end of a stream: what it has received, and how it is over. */
class End {
  readonly transport: Transport;
  readonly chunks: Buffer[] = [];
  receivedBytes = 0;
  readonly causes: (Error | undefined)[] = [];
  #changed: () => void = () => undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    transport.start({
      data: (chunk) => {
        assert.equal(this.causes.length, 0, "nothing follows the end");
        this.chunks.push(chunk);
        this.receivedBytes += chunk.length;
        this.#changed();
      },
      closed: (cause) => {
        this.causes.push(cause);
        this.#changed();
      },
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  received(sizeBytes: number): Promise<void> {
    return this.#until(() => this.receivedBytes >= sizeBytes);
  }

  over(): Promise<void> {
    return this.#until(() => this.causes.length > 0);
  }
}

interface Stream extends AsyncDisposable {
  readonly a: End;
  readonly b: End;
}

function openMemory(): Promise<Stream> {
  const [a, b] = memoryTransports();
  const dispose = (): Promise<void> => Promise.resolve();
  return Promise.resolve({ a: new End(a), b: new End(b), [Symbol.asyncDispose]: dispose });
}

async function openSocket(): Promise<Stream> {
  const directory = await mkdtemp(join(tmpdir(), "mobula-transport-"));
  const address = join(directory, "socket");
  let accepted: (transport: Transport) => void = () => undefined;
  const other = new Promise<Transport>((resolve) => (accepted = resolve));
  const server = await listen(address, accepted);
  const a = new End(connect(address));
  const b = new End(await other);
  const dispose = async (): Promise<void> => {
    a.transport.close();
    b.transport.close();
    await Promise.all([a.over(), b.over(), once(server.close(), "close")]);
    await rm(directory, { recursive: true });
  };
  return { a, b, [Symbol.asyncDispose]: dispose };
}

/** Sends one buffer again and again, written over whenever it has left. */
function sendPattern({ transport }: End, pieces: readonly number[]): Buffer {
  const sent: Buffer[] = [];
  let buffer = Buffer.alloc(0);
  let next = 0;
  for (const sizeBytes of pieces) {
    if (buffer.length < sizeBytes) buffer = Buffer.alloc(sizeBytes);
    const piece = buffer.subarray(0, sizeBytes);
    for (let i = 0; i < sizeBytes; i++) piece[i] = next++ % 251;
    sent.push(Buffer.from(piece));
    if (!transport.write(piece)) buffer = Buffer.alloc(0);
  }
  return Buffer.concat(sent);
}

const PIECES = [1, 7, 100, 0, 65_536, 3, 300_000, 1_000_000, 12, 1_000_000];

function suite(name: string, open: () => Promise<Stream>): void {
  describe(name, () => {
    test("bytes arrive in order, also when their memory is used again", async () => {
      await using stream = await open();
      const sent = sendPattern(stream.a, PIECES);
      await stream.b.received(sent.length);
      assert.ok(Buffer.concat(stream.b.chunks).equals(sent));
    });

    test("both directions at once, more than any buffer holds", async () => {
      await using stream = await open();
      const many = [...PIECES, ...PIECES, ...PIECES, ...PIECES];
      const fromA = sendPattern(stream.a, many);
      const fromB = sendPattern(stream.b, [...many].reverse());
      await Promise.all([stream.b.received(fromA.length), stream.a.received(fromB.length)]);
      assert.ok(Buffer.concat(stream.b.chunks).equals(fromA));
      assert.ok(Buffer.concat(stream.a.chunks).equals(fromB));
    });

    test("close sends what was written before, then both ends are over, once", async () => {
      await using stream = await open();
      const sent = sendPattern(stream.a, PIECES);
      stream.a.transport.close();
      stream.a.transport.close();
      await Promise.all([stream.a.over(), stream.b.over()]);
      assert.ok(Buffer.concat(stream.b.chunks).equals(sent));
      assert.deepEqual([stream.a.causes, stream.b.causes], [[undefined], [undefined]]);
    });

    test("who writes no more still reads all that the other side had written", async () => {
      await using stream = await open();
      const fromB = sendPattern(stream.b, PIECES);
      const fromA = sendPattern(stream.a, [5, 70_000]);
      stream.a.transport.endWriting();
      await Promise.all([stream.a.over(), stream.b.over()]);
      assert.ok(Buffer.concat(stream.b.chunks).equals(fromA));
      assert.ok(Buffer.concat(stream.a.chunks).equals(fromB));
      assert.deepEqual([stream.a.causes, stream.b.causes], [[undefined], [undefined]]);
    });

    test("closed on both sides at once", async () => {
      await using stream = await open();
      stream.a.transport.close();
      stream.b.transport.close();
      await Promise.all([stream.a.over(), stream.b.over()]);
      assert.deepEqual([stream.a.causes, stream.b.causes], [[undefined], [undefined]]);
    });

    test("closed comes later than close returns", async () => {
      await using stream = await open();
      stream.a.transport.close();
      assert.deepEqual(stream.a.causes, []);
      await stream.a.over();
      assert.deepEqual(stream.a.causes, [undefined]);
    });

    test("what is written after the end goes nowhere, and its memory is free", async () => {
      await using stream = await open();
      stream.a.transport.write(Buffer.from("before"));
      stream.a.transport.close();
      assert.equal(stream.a.transport.write(Buffer.from("after close")), true);
      await Promise.all([stream.a.over(), stream.b.over()]);
      assert.equal(stream.a.transport.write(Buffer.from("after the end")), true);
      assert.equal(stream.b.transport.write(Buffer.from("into nothing")), true);
      assert.equal(stream.b.text, "before");
      assert.equal(stream.a.text, "");
    });

    test("a chunk is the receiver's own", async () => {
      await using stream = await open();
      const sent = Buffer.from("first");
      stream.a.transport.write(sent);
      await stream.b.received(5);
      stream.b.chunks[0]!.fill(0x2e);
      assert.equal(sent.toString(), "first");
      stream.a.transport.write(Buffer.from("second"));
      await stream.b.received(11);
      assert.equal(stream.b.text, ".....second");
    });

    test("whether it keeps the process alive may change at any time", async () => {
      await using stream = await open();
      stream.a.transport.setReferenced(false);
      stream.a.transport.setReferenced(true);
      stream.a.transport.write(Buffer.from("still there"));
      await stream.b.received(11);
      assert.equal(stream.b.text, "still there");
    });
  });
}

suite("memory", openMemory);
suite("unix socket", openSocket);

test("a socket that nobody listens at is over at once, with the cause", async () => {
  const directory = await mkdtemp(join(tmpdir(), "mobula-transport-"));
  const end = new End(connect(join(directory, "nobody")));
  end.transport.write(Buffer.from("lost"));
  await end.over();
  assert.equal(end.causes.length, 1);
  assert.equal((end.causes[0] as NodeJS.ErrnoException).code, "ENOENT");
  await assert.rejects(
    listen(join(directory, "missing", "socket"), () => assert.fail("nobody connects")),
    { syscall: "listen" },
  );
  await rm(directory, { recursive: true });
});
