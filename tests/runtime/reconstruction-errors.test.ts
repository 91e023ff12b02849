/**
 * What is lost and cannot be made again: the error says what it is, how it was made and why not.
 * Processes only: files are removed from the session's directory.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ObjectLostError, put, remote, type ObjectRef } from "mobula";
import { announce, takePermitSync } from "../support/rendezvous.mjs";
import { useRuntime } from "../support/runtime.ts";
import { loseStored } from "../support/store.ts";
import { within } from "../support/within.ts";

const fixture = useRuntime({ numCpus: 2 });
const large = (value: number): Float64Array => new Float64Array(20_000).fill(value);

async function lossOf(promise: PromiseLike<unknown>): Promise<ObjectLostError> {
  const [settled] = await within(Promise.allSettled([promise]), "nothing comes of it");
  assert(settled.status === "rejected", "it is there");
  assert(settled.reason instanceof ObjectLostError, String(settled.reason));
  return settled.reason;
}

function lose(): void {
  assert(loseStored(fixture.sandbox) > 0);
}

const make = remote(function make(value: number) {
  return new Float64Array(20_000).fill(value);
});
const first = remote(function first(numbers: Float64Array) {
  return numbers[0];
});
const double = remote(function double(numbers: Float64Array) {
  return numbers.map((number) => 2 * number);
});

/** Here, as an argument, and in another process: the same error. */
async function assertLost(ref: ObjectRef<Float64Array>, text: string): Promise<void> {
  const readNested = remote(async ([ref]: ObjectRef<Float64Array>[]) => (await ref!)[0]);
  for (const read of [() => ref, () => first(ref), () => readNested([ref]), () => ref]) {
    const error = await lossOf(read());
    assert.equal(error.message, `Cannot get object ${ref.id}: ${text}`);
    assert.equal(error.objectId, ref.id);
    assert.equal(error.code, "OBJECT_LOST");
    assert.equal(error.reason, "its file is gone");
    assert.equal(error.origin, text.split(", ")[1]);
  }
}

test("what was put", async () => {
  const ref = put(large(1));
  lose();
  await assertLost(
    ref,
    "its file is gone, it was stored by put, and what was put cannot be made again; " +
      "put the value again",
  );
});

test("the result of an actor's method", async () => {
  class Counter {
    read(): Float64Array {
      return new Float64Array(20_000);
    }
  }
  await using counter = new (remote(Counter))();
  const ref = counter.read();
  await ref;
  lose();
  await assertLost(
    ref,
    "its file is gone, it is the result of Counter.read, and calls of actors do not run again " +
      "for that: the actor has gone on; call it again",
  );
});

test("an element of a stream", async () => {
  const blocks = remote(function* blocks() {
    yield new Float64Array(20_000);
  });
  const refs: ObjectRef<Float64Array>[] = [];
  for await (const ref of blocks().refs()) refs.push(ref);
  lose();
  await assertLost(
    refs[0]!,
    "its file is gone, it is an element of the stream of task blocks, and streams do not begin " +
      "again: elements were read; call the generator again",
  );
});

test("the result of a task with maxRetries 0", async () => {
  const ref = make.options({ maxRetries: 0 })(1);
  await ref;
  lose();
  await assertLost(
    ref,
    "its file is gone, it is the result of task make, and its maxRetries of 0 does not let it " +
      "run again; call it again, or allow retries",
  );
});

test("the result of a task that was made again as often as its maxRetries allow", async () => {
  const ref = make.options({ maxRetries: 2, name: "thrice" })(1);
  await ref;
  lose();
  await ref;
  lose();
  await ref;
  lose();
  await assertLost(
    ref,
    "its file is gone, it is the result of task thrice, and its maxRetries of 2 does not let it " +
      "run once more; call it again, or allow more retries",
  );
});

test("the result of a task with large arguments that were not refs", async () => {
  const ref = double(large(1));
  await ref;
  lose();
  await assertLost(
    ref,
    "its file is gone, it is the result of task double, and the 157 KiB of its arguments were " +
      "not kept; call it again; put large arguments and keep the ref",
  );
});

test("the result of a task whose argument cannot be made again", async () => {
  const source = put(large(1));
  const ref = double(source);
  await ref;
  lose();
  const text = `its argument ${source.id} is lost as well; call both again`;
  const start = "its file is gone, it is the result of task double, and ";
  const error = await lossOf(ref);
  assert.equal(error.message, `Cannot get object ${ref.id}: ${start}${text}`);
  const cause = error.cause as ObjectLostError;
  assert.equal(
    cause.message,
    `Cannot get object ${source.id}: its file is gone, it was stored by put, and what was put ` +
      "cannot be made again; put the value again",
  );
  assert.equal((await lossOf(source)).message, cause.message);
});

test("an argument that was put, disposed, and is needed again", async () => {
  const source = put(large(1));
  const ref = double(source);
  await ref;
  source[Symbol.dispose]();
  lose();
  const { message } = (await lossOf(ref)).cause as ObjectLostError;
  // The worker that has read it may not have let go of it yet.
  const reason = "its (file is gone|memory was given up with its last ref)";
  const text = "it was stored by put, and what was put cannot be made again; put the value again";
  assert.match(message, new RegExp(`^Cannot get object ${source.id}: ${reason}, ${text}$`));
});

test("large arguments that are lost before the task begins", async () => {
  const events = fixture.sandbox.events();
  const permits = fixture.sandbox.permits();
  const block = remote((events: string, permits: string) => {
    announce(events, "block");
    takePermitSync(permits);
  });
  const blocks = [block(events.path, permits.path), block(events.path, permits.path)];
  await events.next();
  await events.next();
  const sum = first(large(3));
  lose();
  permits.give(2);
  await Promise.all(blocks);
  const error = await lossOf(sum);
  assert.equal(
    error.message,
    `Cannot run task first: an argument of it, object ${error.objectId}, could not be read where ` +
      "it was sent; call it again",
  );
});

test("a result that came as a ref inside another one", async () => {
  const outer = remote(async () => {
    const ref = make(1);
    await ref;
    return { ref };
  });
  const { ref } = await outer();
  assert.equal((await ref)[0], 1);
  lose();
  const error = await lossOf(ref);
  const [makerId] = ref.id.split("-");
  assert.equal(
    error.message,
    `Cannot get object ${ref.id}: its file is gone, it was made by process ${makerId}, and only ` +
      "the process that called for it could make it again; call for it again",
  );
});

test("captured values of a function", async () => {
  const captured = large(4);
  const read = remote(function read(index: number) {
    return captured[index];
  });
  // Two workers at least have to read them.
  const barrier = read(0);
  assert.equal(await barrier, 4);
  lose();
  const reads = Array.from({ length: 2 }, () =>
    read.options({ env: { MOBULA_TEST_PLACE: "elsewhere" } })(1),
  );
  const error = await lossOf(reads[0]!);
  assert.equal(
    error.message,
    "Cannot run read: what it captures was stored, and its file is gone; make the function " +
      "remote anew, or give it large values as arguments",
  );
  await lossOf(reads[1]!);
});

test("the oldest calls are forgotten when there are too many of them", async () => {
  const pad = remote(function pad(text: string, value: number) {
    return new Float64Array(13_000).fill(value + text.length);
  });
  // 90 KiB each: not stored, so that they are kept with the call.
  const text = "x".repeat(90 * 1024);
  const refs: ObjectRef<Float64Array>[] = [];
  for (let n = 0; n < 800; n++) {
    refs.push(pad(text, n));
    if (n % 50 === 49) await Promise.all(refs.slice(-50));
  }
  lose();
  const error = await lossOf(refs[0]!);
  assert.equal(
    error.message,
    `Cannot get object ${refs[0]!.id}: its file is gone, it is the result of task pad, and how ` +
      "to run it again is forgotten: of calls with stored results this process remembers the " +
      "last 64 MiB; call it again",
  );
  assert.equal((await refs[799]!)[0], 799 + text.length);
  assert.equal((await refs[400]!)[0], 400 + text.length);
});
