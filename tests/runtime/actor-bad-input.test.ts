/** What users of actors do wrong: each error says what it was, and what to do. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { kill, remote, type ActorHandle, type ActorOptions, type ObjectRef } from "mobula";
import { announce } from "../support/rendezvous.mjs";
import { processesOnly, useRuntime } from "../support/runtime.ts";

const fixture = useRuntime({ logToDriver: false });

class Counter {
  static made = 0;
  static create(): Counter {
    return new Counter();
  }
  label = "counter";
  #n = 0;
  add(k: number): number {
    return (this.#n += k);
  }
  async later(): Promise<number> {
    return this.#n;
  }
  get value(): number {
    return this.#n;
  }
  set value(n: number) {
    this.#n = n;
  }
}
const RemoteCounter = remote(Counter);
type Untyped = Record<string, (...args: unknown[]) => ObjectRef<unknown>>;

function untyped(handle: object): Untyped {
  return handle as Untyped;
}

test("a method that does not exist: the methods of the class are named", async () => {
  using counter = new RemoteCounter();
  await assert.rejects(untyped(counter)["increment"]!(), {
    name: "TypeError",
    message:
      "Cannot call Counter.increment: class Counter has no such method; its methods are " +
      "add, later",
  });
  await assert.rejects(untyped(counter)["label"]!(), {
    name: "TypeError",
    message:
      "Cannot call Counter.label: it is no method; add a method that returns it " +
      "(its methods are add, later)",
  });
  assert.equal(await counter.add(1), 1);
  class Empty {}
  using empty = new (remote(Empty))();
  await assert.rejects(untyped(empty)["run"]!(), {
    message: "Cannot call Empty.run: class Empty has no such method; Empty has no methods",
  });
});

test("a getter, here and where its class is not known", async () => {
  using counter = new RemoteCounter();
  assert.throws(() => untyped(counter)["value"], {
    name: "TypeError",
    message:
      "Cannot read Counter.value of an actor: it is a getter, and only methods can be called " +
      "remotely; add a method that returns it",
  });
  const call = remote(async (handle: Untyped) => await handle["value"]!());
  await assert.rejects(call(counter as unknown as Untyped), {
    name: "TypeError",
    message: /Cannot (call|read) Counter\.value.*it is a getter, and only methods can be called/,
  });
});

test("statics belong to the class as it is here", () => {
  const statics = RemoteCounter as unknown as typeof Counter;
  assert.throws(() => statics.create(), {
    name: "TypeError",
    message:
      "Cannot use static create of remote class Counter: only instances are remote; " +
      "use Counter.create",
  });
  assert.throws(() => statics.made, /^TypeError: Cannot use static made of remote class Counter/);
  assert.equal(Counter.create().add(1), 1);
});

test("a class that is called, or extended", () => {
  assert.throws(() => (RemoteCounter as unknown as () => unknown)(), {
    name: "TypeError",
    message: "Cannot call remote class Counter: a class is made an actor by new; use new",
  });
  class Extended extends (RemoteCounter as unknown as typeof Counter) {}
  assert.throws(() => new Extended(), {
    name: "TypeError",
    message:
      "Cannot call remote class Counter: remote classes cannot be extended; extend Counter and " +
      "make that remote",
  });
});

test("a method then is refused: await would call it", () => {
  class Thenable {
    then(): void {}
  }
  assert.throws(() => remote(Thenable as unknown as typeof Counter), {
    name: "InvalidOptionError",
    message: /^Cannot make class Thenable remote: it has a member then, which await would call/,
  });
});

test("a handle is no promise, no text and no JSON", async () => {
  using counter = new RemoteCounter();
  assert.equal(await Promise.resolve(counter), counter);
  assert.equal(untyped(counter)["then"], undefined);
  assert.throws(() => JSON.stringify({ counter }), {
    name: "TypeError",
    message: /^Cannot write actor [\w-]+ as JSON: it is a handle of Counter; call a method/,
  });
  assert.deepEqual(Object.keys(counter), []);
});

test("arguments that cannot be sent throw at the call; none of it reaches the actor", async () => {
  using counter = new RemoteCounter();
  assert.throws(() => counter.add(new WeakMap() as unknown as number), {
    name: "SerializationError",
    message: /args\[0\]/,
  });
  assert.throws(() => counter.add(Promise.resolve(1) as unknown as number), /await it first/);
  class Deep {
    constructor(readonlyParts: unknown) {
      void readonlyParts;
    }
  }
  const RemoteDeep = remote(Deep);
  assert.throws(() => new RemoteDeep({ client: { socket: new WeakSet() } }), {
    name: "SerializationError",
    message: /args\[0\]\.client\.socket/,
  });
  assert.equal(await counter.add(1), 1);
});

const wrong: readonly [ActorOptions, RegExp][] = [
  [{ maxConcurrency: 0 }, /maxConcurrency/],
  [{ maxRestarts: -1 }, /maxRestarts/],
  [{ maxRestarts: 1.5 }, /maxRestarts/],
  [{ maxTaskRetries: NaN }, /maxTaskRetries/],
  [{ maxPendingCalls: 0 }, /maxPendingCalls/],
  [{ cpuAffinity: [] }, /cpuAffinity.*must be an array of core numbers from 0/],
  [{ cpuAffinity: [-1] }, /cpuAffinity/],
  [{ cpuAffinity: [0.5] }, /cpuAffinity/],
  [{ cpuAffinity: [5_000] }, /cpuAffinity/],
  [{ cpuAffinity: 1 as unknown as number[] }, /cpuAffinity/],
  [{ memoryBytes: 0 }, /memoryBytes/],
  [{ env: { A: 1 as unknown as string } }, /env/],
  [{ numCpus: -1 }, /numCpus/],
  [{ resources: { gpu: "1" as unknown as number } }, /resources/],
  [{ startTimeoutMs: -1 }, /startTimeoutMs/],
  [{ lifetime: "for ever" as unknown as "handle" }, /lifetime/],
  [{ retries: 3 } as ActorOptions, /retries/],
  [
    { concurrencyGroups: { io: { maxConcurrency: 1, methods: ["load"] } } },
    /names load, which is no method; the methods are add, later/,
  ],
  [
    {
      concurrencyGroups: {
        a: { maxConcurrency: 1, methods: ["add"] },
        b: { maxConcurrency: 1, methods: ["add"] },
      },
    },
    /names add twice/,
  ],
  [{ concurrencyGroups: { a: { maxConcurrency: 0, methods: [] } } }, /concurrencyGroups/],
];

test("options that are wrong throw, by remote and by options", () => {
  for (const [options, message] of wrong) {
    const expected = { name: "InvalidOptionError", code: "INVALID_OPTION", message };
    assert.throws(() => remote(Counter, options as ActorOptions<Counter>), expected);
    assert.throws(() => RemoteCounter.options(options as ActorOptions<Counter>), expected);
  }
});

test("options of a call that are wrong throw", () => {
  using counter = new RemoteCounter();
  for (const options of [{ timeoutMs: -1 }, { numReturns: 0 }, { signal: 1 }, { retries: 1 }]) {
    assert.throws(() => counter.add.options(options as never), { name: "InvalidOptionError" });
  }
});

test("kill of what is no actor", () => {
  for (const value of [undefined, null, 1, {}, RemoteCounter, Counter]) {
    assert.throws(
      () => kill(value as ActorHandle<Counter>),
      /^InvalidOptionError: Cannot kill .*: it is no handle of an actor; pass what new of a remote/,
    );
  }
});

test("a constructor that throws: its error, with class and cause, for every call", async () => {
  class SetupError extends Error {
    readonly figure: number;
    constructor(message: string, figure: number, options?: ErrorOptions) {
      super(message, options);
      this.figure = figure;
    }
  }
  class Broken {
    constructor() {
      throw new SetupError("no model", 7, { cause: new RangeError("no disk") });
    }
    run(): number {
      return 1;
    }
  }
  const broken = new (remote(Broken))();
  const refs = [broken.run(), broken.run()];
  const check = (error: SetupError): boolean => {
    assert(error instanceof SetupError, String(error));
    assert.deepEqual([error.message, error.figure], ["no model", 7]);
    assert(error.cause instanceof RangeError);
    assert.match(error.stack!, /actor-bad-input/);
    return true;
  };
  for (const ref of refs) await assert.rejects(ref, check);
  await assert.rejects(broken.run(), check);
  const use = remote(async (handle: ActorHandle<Broken>) => await handle.run());
  await assert.rejects(use(broken), check);
  await kill(broken);
  await assert.rejects(broken.run(), check);
});

test("a constructor whose argument fails, or throws what is no error", async () => {
  const failing = remote((): number => {
    throw new RangeError("no start");
  });
  class Started {
    constructor(n: number) {
      void n;
    }
    run(): number {
      return 1;
    }
  }
  const started = new (remote(Started))(failing());
  await assert.rejects(started.run(), { name: "RangeError", message: "no start" });
  class Odd {
    constructor() {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what users may do
      throw { reason: 42 };
    }
    run(): number {
      return 1;
    }
  }
  const odd = new (remote(Odd))();
  await assert.rejects(odd.run(), (reason) => (reason as { reason: number }).reason === 42);
});

test(
  "a constructor that never returns is ended at its deadline",
  processesOnly("its process is ended"),
  async () => {
    const events = fixture.sandbox.events();
    class Endless {
      constructor(events: string) {
        announce(events, String(process.pid));
        for (;;);
      }
      run(): number {
        return 1;
      }
    }
    for (const maxRestarts of [0, 3]) {
      const options = { startTimeoutMs: 50, maxRestarts };
      const endless = new (remote(Endless, options))(events.path);
      const expected = {
        name: "TaskTimeoutError",
        message:
          "Cannot finish new Endless: it ran for longer than its startTimeoutMs of 50; " +
          "give it more time, or less to do",
      };
      await assert.rejects(endless.run(), expected);
      await assert.rejects(endless.run(), expected);
      await fixture.gone(Number(await events.next()));
      assert.deepEqual(events.pending, []);
    }
  },
);

test("a constructor that returns another object, and a class with fields that throw", async () => {
  class Replaced {
    constructor() {
      return { run: () => "replaced" };
    }
    run(): string {
      return "own";
    }
  }
  using replaced = new (remote(Replaced))();
  assert.equal(await replaced.run(), "replaced");
  class Fields {
    readonly value = ((): number => {
      throw new TypeError("field");
    })();
    run(): number {
      return this.value;
    }
  }
  await assert.rejects(new (remote(Fields))().run(), { name: "TypeError", message: "field" });
});

test("a method that returns its instance gives a copy of it", async () => {
  class Chain {
    #n = 0;
    add(): this {
      this.#n++;
      return this;
    }
    total(): number {
      return this.#n;
    }
  }
  using chain = new (remote(Chain))();
  const copy = await chain.add();
  assert.equal(copy.total(), 1);
  assert.equal(await chain.total(), 1);
});
