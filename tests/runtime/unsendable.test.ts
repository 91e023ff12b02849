/** What cannot go is refused at the first call, wherever it is, with its path and what to do. */

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { remote, SerializationError } from "mobula";
import { useRuntime } from "../support/runtime.ts";

useRuntime();

const things: Record<string, () => unknown> = {
  socket: () => new net.Socket(),
  server: () => http.createServer(),
  stream: () => Readable.from([1]),
  webStream: () => new ReadableStream(),
  timer: () => setTimeout(() => undefined, 0),
  immediate: () => setImmediate(() => undefined),
  weakMap: () => new WeakMap(),
  weakSet: () => new WeakSet(),
  weakRef: () => new WeakRef({}),
  registry: () => new FinalizationRegistry(() => undefined),
  promise: () => Promise.resolve(1),
  pending: () => new Promise(() => undefined),
  generator: () => (function* () {})(),
  asyncGenerator: () => (async function* () {})(),
  sharedMemory: () => new SharedArrayBuffer(8),
  crypto: () => crypto.subtle,
  port: () => {
    const { port1 } = new MessageChannel();
    port1.close();
    return port1;
  },
};

/** Calls with the thing in a place of its own, and how the path must go on from its start. */
const places: Record<string, (db: unknown) => readonly [() => unknown, RegExp]> = {
  captured: (db) => [remote(() => db), /\bdb/],
  "helper of a helper": (db) => {
    const inner = (): unknown => db;
    const outer = (): unknown => inner();
    return [remote(() => outer()), /outer.*inner.*db/];
  },
  property: (db) => {
    const config = { deep: { db } };
    return [remote(() => config.deep.db), /config.*deep.*db/];
  },
  map: (db) => {
    const pool = new Map([["first", db]]);
    return [remote(() => pool.get("first")), /pool.*first/];
  },
  "static field": (db) => {
    class Holder {
      static readonly db = db;
    }
    return [remote(() => Holder.db), /Holder.*db/];
  },
  argument: (db) => [() => remote((given: unknown) => given)(db), /args\[0\]/],
  "deep in an argument": (db) => [
    () => remote((given: unknown) => given)({ list: [db] }),
    /args\[0\]\.list\[0\]/,
  ],
};

for (const [place, put] of Object.entries(places)) {
  test(`${place}: whatever it is, the first call throws`, () => {
    for (const [name, make] of Object.entries(things)) {
      const [call, path] = put(make());
      assert.throws(call, (error) => {
        assert(error instanceof SerializationError, name);
        assert.match(error.message, /^Cannot send .+: .+; \w+/, name);
        assert.match(error.message, path, name);
        return true;
      });
    }
  });
}

test("in a result: the task rejects, with the path in the result", async () => {
  const give = remote(() => ({ found: [1, process.getBuiltinModule("net").createServer()] }));
  await assert.rejects(give(), {
    code: "SERIALIZATION",
    message: /^Cannot send result\.found\[1\]: .+; \w+/,
  });
});
