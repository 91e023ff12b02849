import assert from "node:assert/strict";
import { createServer } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { SerializationError } from "../base/errors.ts";
import { MsgpackWriter } from "../base/msgpack.ts";
import { encodeValue } from "./encode.ts";
import { encode } from "./same.test.ts";

/** The text of the refusal; its `path` must be the one in the text. */
function refusalOf(value: unknown, root = "args[0]"): string {
  try {
    encode(value, { root });
  } catch (error) {
    assert(error instanceof SerializationError);
    assert(error.message.startsWith(`Cannot send ${error.path}: `), error.message);
    return error.message;
  }
  return assert.fail("it was sent");
}

test("a refusal says where, what and what to do instead", () => {
  class Connection {}
  const cases: [unknown, string][] = [
    [
      { client: { socket: Readable.from([]) } },
      "args[0].client.socket: it is a Readable, bound to this process; create it inside the " +
        "function, or send what is needed to open it",
    ],
    [[Promise.resolve(1)], "args[0][0]: it is a Promise; await it first"],
    [
      { a: new WeakMap() },
      "args[0].a: it is a WeakMap, whose entries cannot be listed; send a Map",
    ],
    [new WeakSet(), "args[0]: it is a WeakSet, whose members cannot be listed; send a Set"],
    [new WeakRef({}), "args[0]: it is a WeakRef; send what it refers to"],
    [
      { key: Symbol("mine") },
      'args[0].key: Symbol(mine) exists only in this process; use Symbol.for("mine")',
    ],
    [
      { f: function load() {} },
      "args[0].f: it is the function load; send data, and wrap code in remote()",
    ],
    [
      new Map([["user 1", { connection: new Connection() }]]),
      'args[0].get("user 1").connection: it is an instance of Connection, which cannot be built ' +
        "again elsewhere; create it inside the function, keep it in an actor, or send plain data",
    ],
    [
      new Map([[{ k: new Connection() }, 1]]),
      "args[0].keys()[0].k: it is an instance of Connection, which cannot be built again " +
        "elsewhere; create it inside the function, keep it in an actor, or send plain data",
    ],
    [new Set([1, [Promise.resolve()]]), "args[0].values()[1][0]: it is a Promise; await it first"],
    [new Map([[{}, Promise.resolve()]]), "args[0].values()[0]: it is a Promise; await it first"],
    [
      Object.assign(new Error("x"), { response: { body: Promise.resolve() } }),
      "args[0].response.body: it is a Promise; await it first",
    ],
    [
      new Error("x", { cause: [Promise.resolve()] }),
      "args[0].cause[0]: it is a Promise; await it first",
    ],
    [
      Object.assign(new Array(3), { 2: Promise.resolve() }),
      "args[0][2]: it is a Promise; await it first",
    ],
    [{ "a-b": { "": Promise.resolve() } }, 'args[0]["a-b"][""]: it is a Promise; await it first'],
    [
      new SharedArrayBuffer(8),
      "args[0]: it is a SharedArrayBuffer, and processes cannot share its memory; send a copy " +
        "(slice) or put() the data",
    ],
    [
      [new Uint8Array(new SharedArrayBuffer(8))],
      "args[0][0]: it looks at a SharedArrayBuffer, and processes cannot share its memory; send " +
        "a copy (slice) or put() the data",
    ],
    [new Proxy(new Map(), {}), "args[0]: it is a Proxy; send the object behind it or a plain copy"],
    ...[(function* () {})(), (async function* () {})()].map((generator): [unknown, string] => [
      generator,
      "args[0]: it is a generator object, bound to this process; collect it into an array first, " +
        "or make the remote function itself a generator, whose elements are streamed",
    ]),
    ...[new Map().entries(), [1].values(), "a".matchAll(/a/g)].map(
      (iterator): [unknown, string] => [
        iterator,
        "args[0]: it is an iterator, bound to this process; collect it into an array first, or " +
          "make it inside the task",
      ],
    ),
    [
      createServer(),
      "args[0]: it is an instance of Server, which cannot be built again elsewhere; create " +
        "it inside the function, keep it in an actor, or send plain data",
    ],
    [
      Object.create({ inherited: 1 }),
      "args[0]: it is an object with a prototype of its own, which cannot be built again " +
        "elsewhere; create it inside the function, keep it in an actor, or send plain data",
    ],
    [Object(Symbol("x")), 'args[0]: Symbol(x) exists only in this process; use Symbol.for("x")'],
  ];
  for (const [value, text] of cases) assert.equal(refusalOf(value), `Cannot send ${text}`);
});

test("what a getter or a proxy throws is told with its path", () => {
  const cause = new TypeError("not now");
  const fail = (): never => {
    throw cause;
  };
  const value = {
    a: [
      {
        get b() {
          return fail();
        },
      },
    ],
  };
  assert.throws(
    () => encode(value, { root: "result" }),
    (error: SerializationError) => {
      assert.equal(
        error.message,
        "Cannot send result.a[0].b: reading it threw TypeError: not now; send a plain copy of " +
          "the data",
      );
      assert.equal(error.path, "result.a[0].b");
      assert.equal(error.cause, cause);
      return true;
    },
  );
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.match(refusalOf({ proxy }), /^Cannot send args\[0\]\.proxy: reading it threw TypeError/);
});

test("transferred memory is refused", () => {
  const view = new Uint8Array(8);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  const text = "its memory was transferred to another thread; send a copy made before that";
  assert.equal(refusalOf(view), `Cannot send args[0]: ${text}`);
  assert.equal(refusalOf(view.buffer), `Cannot send args[0]: ${text}`);
});

test("views of memory that became too small are refused; others of it are not", () => {
  type Resizable = ArrayBuffer & { resize(sizeBytes: number): void };
  const Memory = ArrayBuffer as unknown as new (size: number, options: object) => Resizable;
  const memory = new Memory(16, { maxByteLength: 32 });
  const lost = [
    ...[Uint8Array, Float64Array, BigInt64Array].map((Kind) => new Kind(memory, 8, 1)),
    ...[new Uint8Array(memory, 8), Buffer.from(memory, 8, 4), new DataView(memory, 8)],
  ];
  const tracking = new Uint8Array(memory);
  const left = [new Uint8Array(memory, 0, 4), new Uint8Array(memory, 4), new DataView(memory, 0)];
  memory.resize(4);
  const text = "its memory was made smaller than it reaches; send a view of what is left";
  for (const view of lost) {
    assert.equal(refusalOf({ view }), `Cannot send args[0].view: ${text}`);
    assert.throws(() => structuredClone(view));
  }
  for (const view of [tracking, memory, ...left, new Uint8Array(0), new DataView(memory, 4)]) {
    encode(view);
  }
});

test("a refusal leaves writer and buffers as they were", () => {
  const writer = new MsgpackWriter();
  writer.string("before");
  const { position } = writer;
  const buffers = [new Uint8Array(1)];
  const large = new Uint8Array(10_000);
  const shared = {};
  const values = [[large, shared, shared, () => 1], { a: "x".repeat(100_000), f: Symbol("x") }];
  for (const value of values) {
    const context = { root: "args", buffers, extend: () => undefined };
    assert.throws(() => encodeValue(writer, value, context), SerializationError);
    assert.equal(writer.position, position);
    assert.equal(buffers.length, 1);
  }
});

test("after a refusal the next value is encoded as ever", () => {
  const value = [{ a: 1 }, new Uint8Array(3), new Map([[1, {}]])];
  const before = encode(value);
  assert.throws(() => encode([value, value, [[() => 1]]]));
  assert.deepEqual(encode(value), before);
});

const step = fc.oneof(fc.string(), fc.nat(5), fc.record({ get: fc.string() }));

test("the path leads to the culprit from anywhere", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const culprit = (): number => 1;
      let value: unknown = culprit;
      let path = "";
      for (const next of [...steps].reverse()) {
        if (typeof next === "string") {
          value = { before: [{}], [`${next}~`]: value };
          path = `[${JSON.stringify(`${next}~`)}]${path}`;
        } else if (typeof next === "number") {
          value = [...new Array<object>(next).fill({}), value];
          path = `[${next}]${path}`;
        } else {
          value = new Map<string, unknown>([
            ["before", 1],
            [`${next.get}~`, value],
          ]);
          path = `.get(${JSON.stringify(`${next.get}~`)})${path}`;
        }
      }
      if (steps.length <= 32)
        assert.equal(refusalOf(value).split(": it is")[0], `Cannot send args[0]${path}`);
    }),
  );
});

test("a long path is shortened in its middle", () => {
  let value: unknown = { end: () => 1 };
  for (let i = 0; i < 100_000; i++) value = { next: value };
  const text = refusalOf(value);
  const shown = ".next".repeat(16);
  assert.equal(
    text,
    `Cannot send args[0]${shown}...(99969 levels)...${shown.slice(5)}.end: it is the function ` +
      "end; send data, and wrap code in remote()",
  );
});
