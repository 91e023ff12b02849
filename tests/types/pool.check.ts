/** Pools of actors and queues. */

import { ActorPool, put, Queue, remote } from "mobula";
import type { ActorHandle, ActorPoolOptions, ObjectRef, PoolResult, QueueOptions } from "mobula";
import { same, type Equal } from "./equal.ts";

class Reader {
  #count = 0;
  read(path: string, limit = 10): string[] {
    return [path, String(limit + this.#count++)];
  }
  async size(path: string): Promise<number> {
    return path.length;
  }
  *rows(): Generator<number> {
    yield 1;
  }
}
const RemoteReader = remote(Reader);
const handles = [new RemoteReader(), new RemoteReader()];

// The class is found from the handles.
const pool = new ActorPool(handles);
same<Equal<typeof pool, ActorPool<Reader>>>();
new ActorPool(new Set(handles), { concurrencyPerActor: 2 });
export const options: ActorPoolOptions = { concurrencyPerActor: 2 };
// @ts-expect-error no such option
new ActorPool(handles, { concurrency: 2 });
// @ts-expect-error a handle, no list of them
new ActorPool(handles[0]);
// @ts-expect-error instances are no handles
new ActorPool([new Reader()]);

// Results: what the method gives, whatever the items come from.
const lines = pool.map(["a", "b"], (actor, path) => actor.read(path));
same<Equal<typeof lines, PoolResult<string[]>>>();
same<Equal<Awaited<typeof lines>, string[][]>>();
for await (const one of lines) same<Equal<typeof one, string[]>>();
const sizes = pool.mapUnordered(new Set(["a"]), (actor, path) => {
  same<Equal<typeof actor, ActorHandle<Reader>>>();
  same<Equal<typeof path, string>>();
  return actor.size(path);
});
same<Equal<typeof sizes, PoolResult<number>>>();
declare const later: AsyncIterable<string>;
same<Equal<Awaited<ReturnType<typeof mapLater>>, number[]>>();
const mapLater = (): PoolResult<number> => pool.map(later, (actor, path) => actor.size(path));
void pool.map([put("a")], (actor, path) => {
  same<Equal<typeof path, ObjectRef<string>>>();
  return actor.size(path);
});
void pool.map(["a"], async (actor, path) => (await actor.size(path)) > 1);
// @ts-expect-error the method takes a string
void pool.map([1], (actor, path) => actor.size(path));
// @ts-expect-error neither a ref nor a promise
void pool.map(["a"], (_actor, path) => path.length);
// @ts-expect-error a stream
void pool.map(["a"], (actor) => actor.rows());
// @ts-expect-error not iterable
void pool.map(5, (actor) => actor.size("a"));

const size = pool.submit((actor) => actor.size("a"));
same<Equal<typeof size, Promise<number>>>();
// @ts-expect-error neither a ref nor a promise
void pool.submit(() => 5);
same<Equal<typeof pool.hasFree, boolean>>();
const popped = pool.pop();
same<Equal<typeof popped, ActorHandle<Reader> | undefined>>();
pool.push(new RemoteReader());
class Other {
  write(): void {}
}
// @ts-expect-error an actor of another class
pool.push(new (remote(Other))());

// Queues.
const queue = new Queue<{ path: string }>({ maxSize: 10, actorOptions: { name: "jobs" } });
same<Equal<ReturnType<typeof queue.put>, Promise<void>>>();
void queue.put({ path: "a" }, { timeoutMs: 10 });
void queue.putBatch(new Set([{ path: "a" }]), { signal: AbortSignal.timeout(1) });
void queue.putNowait({ path: "a" });
void queue.putNowaitBatch([{ path: "a" }]);
// @ts-expect-error an item of another type
void queue.put("a");
const item = await queue.get({ timeoutMs: 10 });
same<Equal<typeof item, { path: string }>>();
const batch = await queue.getBatch(3);
same<Equal<typeof batch, { path: string }[]>>();
for await (const one of queue) same<Equal<typeof one, { path: string }>>();
// A ref is awaited like everything that comes out of an async function.
const refs = new Queue<ObjectRef<number>>();
const value = await refs.get();
same<Equal<typeof value, number>>();
export const queueOptions: QueueOptions = { maxSize: Infinity };
// @ts-expect-error the queue says how many calls run at a time
new Queue({ actorOptions: { maxConcurrency: 2 } });
// @ts-expect-error no such option
new Queue({ size: 1 });
const shared = remote(async (one: Queue<number>) => await one.get());
void shared(new Queue<number>());
// @ts-expect-error a queue of other items
void shared(new Queue<string>());
await using closed = new Queue<number>();
await closed.close();
await closed.shutdown();
