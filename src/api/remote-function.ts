/**
 * Remote functions: what `remote(fn)` returns, and what arrives in a worker that was sent one.
 * Hot path: `call`.
 */

import { InvalidOptionError } from "../base/errors.ts";
import { RETRIES_DEFAULT_MAX } from "../base/limits.ts";
import { CPU, demandOf, MEMORY } from "../core/resources.ts";
import type { Callable, FunctionRecord } from "../runtime/function-record.ts";
import { ObjectRef } from "../runtime/object-ref.ts";
import type { ObjectRecord } from "../runtime/object-record.ts";
import type { CallOptions } from "../runtime/remote-task.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Batch } from "../runtime/run-batch.ts";
import { currentScope } from "../runtime/task-scope.ts";
import { configure } from "./configured.ts";
import { defineEnvironment } from "./environments.ts";
import type { RemoteSource } from "./remote-source.ts";
import { shouldRetryFor } from "./retry-rules.ts";
import { makeStream, streamBufferOf } from "./stream.ts";
import { currentOrStarted } from "./start.ts";
import { checkTaskOptions } from "./task-options.ts";
import type { MapCalls } from "./map-run.ts";
import type { Items } from "./items.ts";
import { mapItems } from "./map.ts";
import type { MapOptions, MapResult, TaskOptions } from "./types.ts";

/** Options as one runtime uses them. */
interface Bound {
  readonly runtime: Runtime;
  readonly record: FunctionRecord;
  readonly options: CallOptions;
}

/** Precondition: the options are checked. */
export function makeRemoteFunction(source: RemoteSource, options: TaskOptions): Callable {
  let bound: Bound | undefined;
  const call = (...args: unknown[]): unknown => {
    const runtime = currentOrStarted();
    if (bound?.runtime !== runtime) bound = bind(source, options, runtime);
    const { record } = bound;
    if (args.length > record.parameterCount) args.length = record.parameterCount;
    if (record.definition === undefined) source.define(runtime);
    const site = runtime.callSites.take(call);
    const task = runtime.submitter.submit(record, bound.options, args, site, currentScope());
    if (task.stream !== undefined) return makeStream(task);
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
      const runtime = currentOrStarted();
      refuseGenerator(source.recordIn(runtime));
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
  configure(call, { source, options, isClass: false });
  return call;
}

function refuseGenerator({ isGenerator, name }: FunctionRecord): void {
  if (!isGenerator) return;
  throw new InvalidOptionError(
    `Cannot map ${name}: each call of a generator gives a stream; call it for each item, or map ` +
      "a function that returns an array",
    { option: "fn", value: name },
  );
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
    isSingle: bound.options.shouldRetry !== undefined,
    abort: (record, reason) => runtime.calls.cancelling.abort(record, reason),
    cancel: (record) =>
      runtime.calls.cancelling.cancel(record, { isForced: false, isRecursive: true }),
  };
}

function bind(source: RemoteSource, options: TaskOptions, runtime: Runtime): Bound {
  const environment = defineEnvironment(options, runtime);
  const timeoutMs = options.timeoutMs === Infinity ? undefined : options.timeoutMs;
  const record = source.recordIn(runtime);
  const streamBuffer = streamBufferOf(record.isGenerator, options, record.name);
  // Elements that were read cannot be taken back.
  const isOnce = streamBuffer !== undefined || options.maxRetries === 0;
  const maxRetries = isOnce ? 0 : (options.maxRetries ?? RETRIES_DEFAULT_MAX);
  const demand = demandOf({
    ...options.resources,
    [CPU]: options.numCpus ?? 1,
    [MEMORY]: options.memoryBytes ?? 0,
  });
  return {
    runtime,
    record,
    options: {
      name: options.name,
      schedulingClass: runtime.submitter.classOf({
        demand,
        environment,
        isExclusive: timeoutMs !== undefined || isOnce,
        isRetriable: !isOnce,
      }),
      priority: options.priority ?? 0,
      maxRetries,
      shouldRetry: shouldRetryFor(options.retryExceptions),
      timeoutMs,
      signal: options.signal,
      numReturns: options.numReturns,
      isShared: options.shared ?? false,
      streamBuffer,
      batch: undefined,
      source,
    },
  };
}
