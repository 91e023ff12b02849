/** Starting and ending the runtime, and what a body knows of itself. */

import { cancel, context, init, remote, type FaultOptions, type Runtime } from "mobula";
import { same, type Equal } from "./equal.ts";

const runtime = await init();
same<Equal<typeof runtime, Runtime>>();
{
  await using configured = await init({ numCpus: 2, env: { LANG: "C" } });
  same<Equal<typeof configured, Runtime>>();
}
void init({ memoryUsageMax: 0.9, actorsMax: 100, frozenWorkerMs: Infinity });
// @ts-expect-error a share, not a text
void init({ memoryUsageMax: "90%" });
// @ts-expect-error no such option
void init({ numCPUs: 2 });
// @ts-expect-error an environment holds strings
void init({ env: { PORT: 80 } });
void init({ faults: { "worker-kill": 0.01, seed: 7 } });
const faults: FaultOptions = { "reply-lost": 1 };
void init({ faults });
// @ts-expect-error no such kind
void init({ faults: { "worker-kil": 0.01 } });
// @ts-expect-error a probability is a number
void init({ faults: { "worker-kill": "0.01" } });
const ended: Promise<void> = runtime.shutdown();
await ended;
const { total, available } = await runtime.resources();
same<Equal<typeof total, Readonly<Record<string, number>>>>();
export const cpus: (number | undefined)[] = [total["CPU"], available["CPU"]];

const attempts = remote(() => context().attempt);
const ref = attempts();
same<Equal<ReturnType<typeof cancel>, void>>();
cancel(ref);
cancel(ref, { force: true });
cancel(ref, { recursive: false, force: true });
cancel(
  remote(function* () {
    yield 1;
  })(),
  { force: true },
);
// @ts-expect-error a value is no ref
cancel(1);
// @ts-expect-error nor is what map gives: it takes a signal
cancel(remote((n: number) => n).map([1]));
// @ts-expect-error no such option
cancel(ref, { forced: true });
const { signal, taskId } = context();
same<Equal<typeof signal, AbortSignal>>();
same<Equal<typeof taskId, string | undefined>>();

// Which errors are tried again: classes of any kind, or a function that says so.
abstract class Transient extends Error {}
class Refused extends Transient {
  constructor(port: number) {
    super(`port ${port}`);
  }
}
const classes: readonly (typeof Transient | typeof Refused)[] = [Transient, Refused];
remote(() => 1, { maxRetries: Infinity, retryExceptions: classes });
remote(() => 1, { retryExceptions: [Refused, TypeError, RangeError] });
remote(() => 1, { retryExceptions: async (error) => error instanceof Refused });
// @ts-expect-error a predicate is given alone
remote(() => 1, { retryExceptions: [(error: unknown) => error instanceof Refused] });
// @ts-expect-error all is true
remote(() => 1, { retryExceptions: "all" });
