/** A function or class that was made remote: captured once, known to a runtime by its record. */

import { RuntimeEndedError } from "../base/errors.ts";
import { CAPTURE_WARNING_BYTES } from "../base/limits.ts";
import { describeFunction } from "../closure/describe-function.ts";
import type { Callable, FunctionRecord } from "../runtime/function-record.ts";
import { isGenerator } from "../runtime/methods.ts";
import { sizeOf } from "../runtime/payload.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** Shared by all configured copies of the remote function or class. */
export class RemoteSource {
  /** Function or class; undefined if it was made in another process. */
  readonly callable: Callable | undefined;
  /** Of a class: methods whose calls give streams. */
  readonly generators: readonly string[];
  #record: FunctionRecord | undefined;
  #runtime: Runtime | undefined;
  #isDefining = false;

  constructor(
    callable: Callable | undefined,
    received?: FunctionRecord,
    generators: readonly string[] = [],
  ) {
    this.callable = callable;
    this.generators = generators;
    this.#record = received;
  }

  /** The function as `runtime` knows it; a later runtime gets a record of its own. */
  recordIn(runtime: Runtime): FunctionRecord {
    const isKnown = this.callable === undefined || this.#runtime === runtime;
    if (this.#record !== undefined && isKnown) return checkHome(this.#record, runtime);
    const { name, parameterCount, unlimited } = describeFunction(this.callable!);
    this.#record = runtime.functions.create(
      name,
      unlimited ? Infinity : parameterCount,
      isGenerator(this.callable),
    );
    this.#runtime = runtime;
    runtime.retireWith(this, this.#record);
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
    `Cannot call ${record.name}: it came from a runtime that has ended; receive it again`,
  );
}
