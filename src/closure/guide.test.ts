/** The guide names each limit with the text of its error. */

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { SerializationError } from "../base/errors.ts";
import { pack, runtimeOf } from "./ship.test.ts";

const here = runtimeOf(import.meta.url);

function reasonOf(value: unknown): string {
  try {
    pack(here, { value });
  } catch (error) {
    assert(error instanceof SerializationError, String(error));
    const prefix = /^Cannot send value\.value(?: \([^)]*\))?: /.exec(error.message)?.[0] ?? "";
    assert(prefix !== "" && error.path === "value.value", error.message);
    return error.message.slice(prefix.length);
  }
  return assert.fail("it was sent");
}

function detached(): ArrayBuffer {
  const memory = new ArrayBuffer(8);
  structuredClone(memory, { transfer: [memory] });
  return memory;
}

function beyond(): Uint8Array {
  const options: object = { maxByteLength: 16 };
  const memory = Reflect.construct(ArrayBuffer, [16, options]) as ArrayBuffer;
  const view = new Uint8Array(memory, 8, 8);
  (memory as ArrayBuffer & { resize(sizeBytes: number): void }).resize(4);
  return view;
}

const refusedValues: readonly unknown[] = [
  Promise.resolve(),
  new AbortController(),
  new AbortController().signal,
  new Blob([]),
  new File([], "name"),
  new Request("http://localhost"),
  new Response(),
  new Socket(),
  new (class extends Socket {})(),
  (function* () {})(),
  [].values(),
  createServer(),
  new WeakMap(),
  new WeakSet(),
  new WeakRef({}),
  new FinalizationRegistry(() => undefined),
  new SharedArrayBuffer(8),
  new Uint8Array(new SharedArrayBuffer(8)),
  detached(),
  beyond(),
  generateKeyPairSync("ed25519").publicKey,
  await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]),
  new Proxy(new Map(), {}),
  Object.defineProperty(new Proxy({}, { ownKeys: notNow }), "a", { value: 1 }),
];

function notNow(): never {
  throw new TypeError("not now");
}

function settle(): unknown {
  let settled: unknown;
  void new Promise((resolve) => (settled = resolve));
  return settled;
}

const timer = setTimeout(() => undefined, 0);
clearTimeout(timer);
const refusedFunctions: readonly unknown[] = [
  settle(),
  timer,
  (function* () {})(),
  [].values(),
  new Proxy(() => 0, {}),
  new Proxy(new Map(), {}),
];

for (const [page, refused] of [
  ["values", refusedValues],
  ["functions", refusedFunctions],
] as const) {
  test(`docs/guide/${page}.md`, () => {
    const text = readFileSync(join(import.meta.dirname, `../../docs/guide/${page}.md`), "utf8");
    for (const value of refused) {
      const reason = reasonOf(value);
      assert(text.includes(`\`${reason}\` |`), `${page}.md does not say: ${reason}`);
    }
  });
}
