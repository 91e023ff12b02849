/** Inline mode: the same program, with the same copying and checks, without another process. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cancel, context, init, put, remote, wait, type ObjectRef, type Runtime } from "mobula";

let runtime: Runtime;
before(async () => {
  runtime = await init({ mode: "inline", numCpus: 2, resources: { gpu: 1 } });
});
after(() => runtime.shutdown());

test("bodies run in this process, on copies", async () => {
  const list = [1];
  const grow = remote((given: number[]) => {
    given.push(2);
    return { given, pid: process.pid };
  });
  const { given, pid } = await grow(list);
  assert.equal(pid, process.pid);
  assert.deepEqual([list, given], [[1], [1, 2]]);
});

test("what is captured is frozen at the first call", async () => {
  let factor = 2;
  const scale = remote((x: number) => x * factor);
  assert.equal(await scale(3), 6);
  factor = 10;
  assert.equal(await scale(3), 6);
});

test("what cannot be sent is refused as between processes", async () => {
  const take = remote((given: unknown) => given);
  assert.throws(() => take({ at: new WeakMap() }), {
    code: "SERIALIZATION",
    message: "Cannot send args[0].at: it is a WeakMap, whose entries cannot be listed; send a Map",
  });
  await assert.rejects(remote(() => new WeakSet())(), { code: "SERIALIZATION" });
});

test("tasks call tasks, each in its own scope", async () => {
  const fib: (n: number) => ObjectRef<number> = remote(async (n: number): Promise<number> => {
    const before = context().taskId;
    const parts = n < 2 ? [n] : await Promise.all([fib(n - 1), fib(n - 2)]);
    if (context().taskId !== before) throw new Error("Cannot be: the scope has changed");
    return parts.reduce((a, b) => a + b);
  });
  assert.equal(await fib(10), 55);
  assert.equal(context().taskId, undefined);
});

test("refs travel, nested and as arguments", async () => {
  const make = remote(() => ({ inner: put([1, 2, 3]) }));
  const sum = remote((numbers: number[]) => numbers.reduce((a, b) => a + b, 0));
  const { inner } = await make();
  assert.equal(await sum(inner), 6);
  const { ready } = await wait([sum(inner), sum(inner)], { count: 2 });
  assert.equal(ready.length, 2);
});

test("errors, cancel, map and resources", async () => {
  await assert.rejects(
    remote(() => {
      throw new RangeError("out");
    })(),
    { name: "RangeError", message: "out" },
  );
  const waits = remote(
    () => new Promise((resolve) => context().signal.addEventListener("abort", resolve)),
  );
  const ref = waits();
  await wait([ref], { timeoutMs: 0 });
  cancel(ref);
  await assert.rejects(ref, { code: "TASK_CANCELLED" });
  assert.deepEqual(await remote((x: number) => -x).map([1, 2, 3]), [-1, -2, -3]);
  const { total } = await runtime.resources();
  assert.deepEqual([total["CPU"], total["gpu"]], [2, 1]);
});
