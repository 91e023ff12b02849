/** What happens to arguments at the call: when they are copied, and what is refused. */

import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { put, remote, SerializationError, type ObjectRef } from "mobula";
import { takePermit } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";

const fixture = useRuntime();

const echo = remote((value: unknown) => value);
const identity = echo as <T>(value: T | ObjectRef<T>) => ObjectRef<T>;
const wait = remote(async (path: string) => takePermit(path));

test("arguments are captured when the call is made, also if the task starts later", async () => {
  const permits = fixture.sandbox.permits();
  const busy = [wait(permits.path), wait(permits.path)];
  const list = [1, { deep: "before" }];
  const bytes = new Uint8Array(20_000).fill(1);
  const text = remote((a: unknown[], b: Uint8Array, _first: unknown) => [a, b[0], b.length]);
  const result = text(list, bytes, put(1));
  list.push(2);
  (list[1] as { deep: string }).deep = "after";
  bytes.fill(2);
  permits.give(2);
  await Promise.all(busy);
  assert.deepEqual(await result, [[1, { deep: "before" }], 1, 20_000]);
});

test("put takes its copy at that moment", async () => {
  const value = { list: [1], bytes: new Uint8Array(10_000).fill(1) };
  const ref = put(value);
  value.list.push(2);
  value.bytes.fill(2);
  const read = await ref;
  assert.deepEqual([read.list, read.bytes[9_999]], [[1], 1]);
  read.list.push(3);
  assert.deepEqual((await ref).list, [1]);
  assert.deepEqual((await identity(ref)).list, [1]);
});

test("put of a ref is refused", () => {
  const ref = put(1);
  assert.throws(() => put(ref), {
    name: "InvalidOptionError",
    code: "INVALID_OPTION",
    message: "Cannot put a ref: it stands for a stored value already; pass the ref itself",
  });
});

test("surplus arguments are not sent", async () => {
  const double = remote((n: number) => 2 * n);
  // Of these three arguments, two could not be sent.
  const loose = double as unknown as (n: number, ...more: unknown[]) => Promise<number>;
  assert.equal(await loose(4, net.connect, new WeakMap()), 8);
  assert.deepEqual(await Promise.all([1, 2, 3].map(double)), [2, 4, 6]);
  const withDefault = remote((a: number, b = 10) => a + b);
  assert.deepEqual(await Promise.all([withDefault(1), withDefault(1, 2)]), [11, 3]);
  const destructured = remote(({ a }: { a: number }, [b]: number[]) => a + b!);
  assert.equal(await destructured({ a: 1 }, [2]), 3);
});

test("a rest parameter and `arguments` get everything", async () => {
  const rest = remote((first: number, ...more: number[]) => [first, more]);
  assert.deepEqual(await rest(1, 2, 3), [1, [2, 3]]);
  const counted = remote(function (_first: number) {
    return arguments.length;
  });
  const loose = counted as unknown as (...all: number[]) => Promise<number>;
  assert.equal(await loose(1, 2, 3), 3);
});

test("a plain promise is refused at the call, wherever it is", async () => {
  const promise = Promise.resolve(1);
  const values: [unknown, string][] = [
    [promise, "args[0]"],
    [{ a: [promise] }, "args[0].a[0]"],
    [new Map([["k", promise]]), 'args[0].get("k")'],
  ];
  for (const [value, path] of values) {
    assert.throws(
      () => identity(value),
      (error) => {
        assert(error instanceof SerializationError);
        assert.equal(error.path, path);
        assert.match(error.message, /await it first/);
        return true;
      },
    );
  }
  assert.equal(await identity(await promise), 1);
});

test("what cannot be sent throws at the call and names its path", async () => {
  const socket = new net.Socket();
  const refused: [unknown, string][] = [
    [{ client: { socket } }, "args[0].client.socket"],
    [[new WeakMap()], "args[0][0]"],
    [new Set([1, new WeakRef({})]), "args[0]"],
    [{ list: [0, { gone: (function* () {})() }] }, "args[0].list[1].gone"],
  ];
  for (const [value, path] of refused) {
    for (const call of [() => identity(value), () => echo.options({ name: "n" })(value)]) {
      assert.throws(call, (error) => {
        assert(error instanceof SerializationError, String(error));
        assert.equal(error.code, "SERIALIZATION");
        assert(error.path.startsWith(path), error.path);
        assert(error.message.includes(error.path), error.message);
        return true;
      });
    }
  }
  assert.throws(() => put({ a: socket }), { name: "SerializationError", path: "value.a" });
  assert.equal(await identity(1), 1);
});

test("cyclic and shared values arrive as they are", async () => {
  interface Node {
    name: string;
    self?: Node;
    list: unknown[];
  }
  const node: Node = { name: "n", list: [] };
  node.self = node;
  node.list.push(node.list, node);
  const copy = await identity(node);
  assert.notEqual(copy, node);
  assert.equal(copy.self, copy);
  assert.equal(copy.list[0], copy.list);
  assert.equal(copy.list[1], copy);
  const isOne = remote((a: object, b: object[]) => a === b[0] && b[0] === b[1]);
  assert.equal(await isOne(node, [node, node]), true);
});

test("values that JSON would lose", async () => {
  const values = [
    -0,
    NaN,
    2n ** 70n,
    undefined,
    new Date(5),
    new Map([[{}, new Set([1])]]),
    "\ud800",
  ];
  const copies = await identity([...values, [, 1]] as unknown[]);
  assert.deepEqual(copies.slice(0, -1), values);
  assert(Object.is(copies[0], -0));
  assert.equal(0 in (copies.at(-1) as unknown[]), false);
});
