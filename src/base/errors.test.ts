import assert from "node:assert/strict";
import { test } from "node:test";
import { MobulaError, mobulaErrorClasses } from "./errors.ts";
import {
  GetTimeoutError,
  OutOfMemoryError,
  TaskTimeoutError,
  UnschedulableError,
  WorkerCrashedError,
} from "./errors.ts";

type Errors = typeof import("./errors.ts");

/** Another copy of the package in the same program. */
async function loadCopy(): Promise<Errors> {
  const specifier = "./errors.ts?copy";
  return (await import(specifier)) as Errors;
}

test("codes are those that programs compare with", () => {
  const codes = [...mobulaErrorClasses].map(([name, errorClass]) => {
    const error = new errorClass("Cannot x: y");
    assert.equal(error.name, name);
    assert.equal(errorClass.name, name);
    return error.code;
  });
  assert.deepEqual(codes, [
    "MOBULA",
    "INVALID_OPTION",
    "RUNTIME_ENDED",
    "ENVIRONMENT_SETUP",
    "SERIALIZATION",
    "WORKER_CRASHED",
    "OUT_OF_MEMORY",
    "ACTOR_DIED",
    "ACTOR_UNAVAILABLE",
    "PENDING_CALLS_LIMIT",
    "ACTOR_DEADLOCK",
    "ACTOR_NAME_TAKEN",
    "ACTOR_NOT_FOUND",
    "ACTOR_POOL_EMPTY",
    "QUEUE_EMPTY",
    "QUEUE_FULL",
    "QUEUE_CLOSED",
    "TASK_TIMEOUT",
    "TASK_CANCELLED",
    "CALL_DEPTH",
    "GET_TIMEOUT",
    "UNSCHEDULABLE",
    "OWNER_DIED",
    "OBJECT_LOST",
    "OBJECT_STORE_FULL",
    "OUT_OF_DISK",
  ]);
});

test("figures are fields, the cause is the cause", () => {
  const cause = new Error("disk");
  const error = new UnschedulableError(
    "Cannot place task: too large",
    { resource: "CPU", requested: 9, total: 4 },
    cause,
  );
  assert.equal(error.message, "Cannot place task: too large");
  assert.equal(error.resource, "CPU");
  assert.equal(error.requested, 9);
  assert.equal(error.total, 4);
  assert.equal(error.cause, cause);
  assert.deepEqual(Object.keys(error), ["code", "resource", "requested", "total"]);
  assert.ok(!("cause" in new GetTimeoutError("Cannot get: late", { timeoutMs: 1 })));
  assert.match(String(error.stack), /^UnschedulableError: Cannot place task: too large\n/);
});

test("instanceof follows the classes", () => {
  const outOfMemory = new OutOfMemoryError("Cannot go on: no memory");
  assert.ok(outOfMemory instanceof WorkerCrashedError);
  assert.ok(outOfMemory instanceof MobulaError);
  assert.ok(!(outOfMemory instanceof TaskTimeoutError));
  const crashed = new WorkerCrashedError("Cannot go on: it is gone");
  assert.ok(!(crashed instanceof OutOfMemoryError));
});

test("instanceof holds for errors of another copy, in both directions", async () => {
  const copy = await loadCopy();
  assert.notEqual(copy.MobulaError, MobulaError);
  for (const [name, errorClass] of mobulaErrorClasses) {
    const copyClass = copy.mobulaErrorClasses.get(name)!;
    assert.ok(new copyClass("Cannot x: y") instanceof errorClass, `${name} of the copy`);
    assert.ok(new errorClass("Cannot x: y") instanceof copyClass, `${name} for the copy`);
  }
  const outOfMemory: unknown = new copy.OutOfMemoryError("Cannot go on: no memory");
  assert.ok(outOfMemory instanceof MobulaError);
  assert.ok(outOfMemory instanceof WorkerCrashedError, "a base class of another copy");
  assert.ok(!(outOfMemory instanceof TaskTimeoutError));
  assert.ok(!(new copy.WorkerCrashedError("Cannot x: y") instanceof OutOfMemoryError));
});

test("nothing else is an instance", () => {
  const named = Object.assign(new Error("x"), { name: "WorkerCrashedError", code: "X" });
  for (const value of [named, new Error("x"), {}, null, undefined, "text", 1, () => 0]) {
    assert.ok(!(value instanceof MobulaError));
    assert.ok(!(value instanceof WorkerCrashedError));
  }
});

test("what cannot be looked at is no instance", () => {
  const trap = (): never => {
    throw new Error("do not look");
  };
  const { proxy: revoked, revoke } = Proxy.revocable(new MobulaError("Cannot x: y"), {});
  revoke();
  const closed = new Proxy(new MobulaError("Cannot x: y"), { getPrototypeOf: trap });
  const silent = new Proxy({}, { get: trap });
  for (const value of [revoked, closed, silent]) {
    assert.ok(!(value instanceof MobulaError));
    assert.ok(!(value instanceof WorkerCrashedError));
  }
});

test("a user's own subclass is told from its base", () => {
  class QuotaError extends MobulaError {}
  const error = new QuotaError("Cannot go on: the quota is used up");
  assert.equal(error.code, "QUOTA");
  assert.ok(error instanceof QuotaError);
  assert.ok(error instanceof MobulaError);
  assert.ok(!(new MobulaError("Cannot x: y") instanceof QuotaError));
});
