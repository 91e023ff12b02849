import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MobulaError, WorkerCrashedError, mobulaErrorClasses } from "../base/errors.ts";
import { assertSame, assertSurvives, encode, roundTrip } from "./same.test.ts";

test("built-in errors survive with message, stack, cause and properties", () => {
  const classes = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  for (const errorClass of classes) {
    const error = new errorClass("bad é \ud800", { cause: { why: [1n] } });
    assertSurvives(Object.assign(error, { code: "E_BAD", details: new Map([["a", error]]) }));
    assertSurvives(new errorClass());
  }
  assertSurvives(new AggregateError([new Error("one"), 2, "three"], "several"));
});

test("a chain of causes survives, also as a circle", () => {
  let error = new Error("first");
  const first = error;
  for (let i = 0; i < 1_000; i++) error = new Error(`number ${i}`, { cause: error });
  first.cause = error;
  assertSurvives(error);
});

test("what is hidden stays hidden, what is deleted stays away", () => {
  const error = new Error("x");
  Object.defineProperty(error, "secret", { value: 1, enumerable: false });
  Reflect.deleteProperty(error, "stack");
  const received = roundTrip(error) as Error;
  assertSame(received, error);
  assert.deepEqual(Object.getOwnPropertyNames(received), ["message", "secret"]);
});

test("DOMException survives", () => {
  const error = new DOMException("aborted", "AbortError");
  const received = roundTrip(error) as DOMException;
  assertSame(received, error);
  assert(received instanceof DOMException);
  assert.deepEqual([received.name, received.code, received.message], ["AbortError", 20, "aborted"]);
});

test("Mobula's errors come back as their classes", () => {
  for (const [name, errorClass] of mobulaErrorClasses) {
    const error = new errorClass("Cannot do it: no", { pid: 7, list: [1] }, new Error("why"));
    const received = roundTrip(error) as MobulaError;
    assertSame(received, error);
    assert(received instanceof errorClass, name);
    assert.equal(received.code, error.code);
  }
  assert((roundTrip(new WorkerCrashedError("x")) as Error) instanceof MobulaError);
});

test("an error of a class of one's own arrives as its base, with its name", () => {
  class HttpError extends TypeError {
    readonly status = 404;
    override readonly name = "HttpError";
  }
  const received = roundTrip(new HttpError("none")) as HttpError;
  assert.equal(Reflect.getPrototypeOf(received), TypeError.prototype);
  assert.deepEqual([received.name, received.status, received.message], ["HttpError", 404, "none"]);
  assert.deepEqual(Object.keys(received), ["status", "name"]);
});

test("a name that only the prototype has survives", () => {
  class NamedError extends RangeError {}
  NamedError.prototype.name = "NamedError";
  const received = roundTrip(new NamedError("x")) as Error;
  assert.equal(Reflect.getPrototypeOf(received), RangeError.prototype);
  assert.equal(received.name, "NamedError");
  assert(!Object.keys(received).includes("name"));
});

test("an error class may inherit in the old way", () => {
  function OldError(this: Error, message: string): void {
    this.message = message;
  }
  OldError.prototype = Object.create(Error.prototype, { name: { value: "OldError" } }) as object;
  const received = roundTrip(Reflect.construct(OldError, ["x"])) as Error;
  assert.deepEqual([received.name, received.message], ["OldError", "x"]);
  assert.equal(Reflect.getPrototypeOf(received), Error.prototype);
});

test("the class of one's own is asked for first", () => {
  class OwnError extends Error {}
  const asked: object[] = [];
  const extend = (value: object): undefined => void asked.push(value);
  const error = new OwnError("x");
  encode([new Error("built in"), error, new DOMException("x")], { extend });
  assert.deepEqual(asked, [error]);
});

test("Node's own errors are the built-in errors they derive from", () => {
  const asked: object[] = [];
  const thrown = [() => Buffer.alloc("x" as never), () => readFileSync("/no such file")].map(
    (act): unknown => {
      try {
        return act();
      } catch (error) {
        return error;
      }
    },
  );
  encode(thrown, { extend: (value) => void asked.push(value) });
  assert.deepEqual(asked, []);
  const received = roundTrip(thrown) as NodeJS.ErrnoException[];
  assert(received[0] instanceof TypeError);
  assert.deepEqual(
    received.map(({ code, syscall }) => [code, syscall]),
    [
      ["ERR_INVALID_ARG_TYPE", undefined],
      ["ENOENT", "open"],
    ],
  );
});

test("an error costs no stack trace where it arrives", () => {
  const limit = Error.stackTraceLimit;
  const error = new Error("x");
  error.stack = "the sender's";
  assert.equal((roundTrip(error) as Error).stack, "the sender's");
  assert.equal(Error.stackTraceLimit, limit);
});

test("a stack that is no text is left out", () => {
  const error = new Error("x");
  Object.defineProperty(error, "stack", { value: [() => 1], enumerable: false });
  const received = roundTrip(error) as Error;
  assert.equal(received.message, "x");
  assert(!Object.hasOwn(received, "stack"));
});

test("a stack that cannot be made is left out: the error is its own name", () => {
  const error = new AggregateError([], "x");
  Object.defineProperty(error, "name", { value: error, enumerable: true });
  assert.throws(() => error.stack, RangeError);
  const received = roundTrip(error) as Error;
  assert.equal(received.message, "x");
  assert.equal(received.name, received);
});
