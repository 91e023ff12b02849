/**
 * Remote functions: what `remote(fn)` returns, and what arrives in a worker that was sent one.
 * Hot path: `call`.
 */

import { createHash } from "node:crypto";
import { RuntimeEndedError } from "../base/errors.ts";
import { CAPTURE_WARNING_BYTES } from "../base/limits.ts";
import { describeFunction } from "../closure/describe-function.ts";
import { CPU, demandOf, MEMORY } from "../core/resources.ts";
import type { Callable, FunctionRecord } from "../runtime/function-record.ts";
import { ObjectRef } from "../runtime/object-ref.ts";
import type { ObjectRecord } from "../runtime/object-record.ts";
import type { RemoteFunctions } from "../runtime/packer.ts";
import { sizeOf } from "../runtime/payload.ts";
import type { CallOptions } from "../runtime/remote-task.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Batch } from "../runtime/run-batch.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { heapOptions } from "./heap-options.ts";
import { currentOrStarted } from "./start.ts";
import { checkTaskOptions } from "./task-options.ts";
import type { MapCalls } from "./map-run.ts";
import { mapItems, type Items } from "./map.ts";
import type { MapOptions, MapResult, TaskOptions } from "./types.ts";

/** A function that can be called remotely; shared by all its configured copies. */
export class RemoteSource {
  /** The function itself; undefined if it was made in another process. */
  readonly callable: Callable | undefined;
  #record: FunctionRecord | undefined;
  #runtime: Runtime | undefined;
  #isDefining = false;

  constructor(callable: Callable | undefined, received?: FunctionRecord) {
    this.callable = callable;
    this.#record = received;
  }

  /** The function as `runtime` knows it; a later runtime gets a record of its own. */
  recordIn(runtime: Runtime): FunctionRecord {
    const isKnown = this.callable === undefined || this.#runtime === runtime;
    if (this.#record !== undefined && isKnown) return checkHome(this.#record, runtime);
    const { name, parameterCount, unlimited } = describeFunction(this.callable!);
    this.#record = runtime.functions.create(name, unlimited ? Infinity : parameterCount);
    this.#runtime = runtime;
    collected.register(this, { runtime, record: this.#record });
    return this.#record;
  }

  /** Captures the function at its first use. */
  define(runtime: Runtime): void {
    const record = this.recordIn(runtime);
    // A recursive function meets itself while it is being captured.
    if (record.definition !== undefined || this.#isDefining) return;
    this.#isDefining = true;
    try {
      runtime.defineFunction(record, this.callable!);
    } finally {
      this.#isDefining = false;
    }
    const sizeBytes = sizeOf(record.definition!);
    if (sizeBytes > CAPTURE_WARNING_BYTES) {
      runtime.warn(
        `Function ${record.name} captures ${Math.round(sizeBytes / 2 ** 20)} MiB, which are sent ` +
          "to every worker that runs it; put() large values and pass the ref\n",
      );
    }
  }
}

/** What was received from a worker of an earlier runtime has gone with it. */
function checkHome(record: FunctionRecord, runtime: Runtime): FunctionRecord {
  if (record.home === runtime.functions) return record;
  throw new RuntimeEndedError(
    `Cannot call ${record.name}: it came from a runtime that was shut down; receive it again`,
  );
}

/** When a function goes, its definition goes from the processes that were sent it. */
const collected = new FinalizationRegistry<{ runtime: Runtime; record: FunctionRecord }>(
  ({ runtime, record }) => runtime.retireFunction(record),
);

interface Configured {
  readonly source: RemoteSource;
  readonly options: TaskOptions;
}

/** Options as one runtime uses them. */
interface Bound {
  readonly runtime: Runtime;
  readonly record: FunctionRecord;
  readonly options: CallOptions;
}

const configurations = new WeakMap<object, Configured>();

/** Precondition: the options are checked. */
export function makeRemoteFunction(source: RemoteSource, options: TaskOptions): Callable {
  let bound: Bound | undefined;
  const call = (...args: unknown[]): unknown => {
    const runtime = currentOrStarted(remoteFunctions);
    if (bound?.runtime !== runtime) bound = bind(source, options, runtime);
    const { record } = bound;
    if (args.length > record.parameterCount) args.length = record.parameterCount;
    if (record.definition === undefined) source.define(runtime);
    const site = runtime.callSites.take(call);
    const task = runtime.submitter.submit(record, bound.options, args, site, currentScope());
    return bound.options.numReturns === undefined
      ? new ObjectRef(task.results[0]!)
      : task.results.map((record) => new ObjectRef(record));
  };
  const methods = {
    options: (changes: TaskOptions) => {
      checkTaskOptions(changes);
      return makeRemoteFunction(source, { ...options, ...changes });
    },
    map: (items: Items, mapOptions: MapOptions = {}): MapResult<unknown> => {
      const runtime = currentOrStarted(remoteFunctions);
      const { schedulingClass } = bind(source, options, runtime).options;
      const callsFor = (checked: MapOptions): MapCalls =>
        mapCalls(source, options, runtime, checked.settled === true ? "all" : "stop", methods.map);
      return mapItems(items, mapOptions, schedulingClass.leasesMax, callsFor);
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(call, name, { value, configurable: true, writable: true });
  }
  Object.defineProperty(call, "name", { value: source.callable?.name ?? "", configurable: true });
  configurations.set(call, { source, options });
  return call;
}

/** How `map` calls the function: with one item, or with several in one task. */
function mapCalls(
  source: RemoteSource,
  options: TaskOptions,
  runtime: Runtime,
  batch: Batch,
  outermost: (...args: never[]) => unknown,
): MapCalls {
  const { numReturns: _unused, ...rest } = options;
  const bound = bind(source, rest, runtime);
  source.define(runtime);
  const site = runtime.callSites.take(outermost);
  const scope = currentScope();
  const call = (callOptions: CallOptions, argument: unknown): ObjectRecord => {
    const task = runtime.submitter.submit(bound.record, callOptions, [argument], site, scope);
    return task.results[0]!;
  };
  const batched: CallOptions = { ...bound.options, batch };
  return {
    one: (item) => call(bound.options, item),
    batch: (items) => call(batched, items),
    cancel: (record) => runtime.submitter.cancel(record, false),
  };
}

function bind(source: RemoteSource, options: TaskOptions, runtime: Runtime): Bound {
  const environment = defineEnvironment(options, runtime);
  const timeoutMs = options.timeoutMs === Infinity ? undefined : options.timeoutMs;
  const demand = demandOf({
    ...options.resources,
    [CPU]: options.numCpus ?? 1,
    [MEMORY]: options.memoryBytes ?? 0,
  });
  return {
    runtime,
    record: source.recordIn(runtime),
    options: {
      name: options.name,
      schedulingClass: runtime.submitter.classOf({
        demand,
        environment,
        isExclusive: timeoutMs !== undefined,
      }),
      priority: options.priority ?? 0,
      timeoutMs,
      signal: options.signal,
      numReturns: options.numReturns,
      isShared: options.shared ?? false,
      batch: undefined,
      source,
    },
  };
}

/** Tasks with variables or a memory limit of their own run in workers of their own. */
function defineEnvironment({ env, memoryBytes }: TaskOptions, runtime: Runtime): string {
  if (env === undefined && memoryBytes === undefined) return "";
  const variables: Record<string, string> = { ...env };
  if (memoryBytes !== undefined) {
    const inherited = variables["NODE_OPTIONS"] ?? runtime.nodeOptions;
    const limit = heapOptions(memoryBytes);
    variables["NODE_OPTIONS"] = inherited === undefined ? limit : `${inherited} ${limit}`;
  }
  const sorted = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1));
  const environment = createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
  runtime.daemon.defineEnvironment(environment, variables);
  return environment;
}

/** How the packer sees remote functions. */
export const remoteFunctions: RemoteFunctions = {
  describe(value) {
    const configured = configurations.get(value);
    if (configured === undefined) return undefined;
    // A signal means something in its own process only.
    const { signal: _signal, ...options } = configured.options;
    return { record: configured.source.recordIn(currentOrStarted(remoteFunctions)), options };
  },
  define(value) {
    configurations.get(value)?.source.define(currentOrStarted(remoteFunctions));
  },
  make(record, options) {
    return makeRemoteFunction(new RemoteSource(undefined, record), options);
  },
};
