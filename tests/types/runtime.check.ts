/** Starting and ending the runtime, and what a body knows of itself. */

import { cancel, context, init, remote, type Runtime } from "mobula";
import { same, type Equal } from "./equal.ts";

const runtime = await init();
same<Equal<typeof runtime, Runtime>>();
{
  await using inline = await init({ numCpus: 2, mode: "inline" });
  same<Equal<typeof inline, Runtime>>();
}
// @ts-expect-error no such option
void init({ numCPUs: 2 });
// @ts-expect-error no such mode
void init({ mode: "threads" });
const ended: Promise<void> = runtime.shutdown();
await ended;
const { total, available } = runtime.resources();
export const cpus: (number | undefined)[] = [total["CPU"], available["CPU"]];

const attempts = remote(() => context().attempt);
const ref = attempts();
same<Equal<ReturnType<typeof cancel>, void>>();
cancel(ref);
cancel(ref, { force: true, recursive: true });
// @ts-expect-error a value is no ref
cancel(1);
export const signal: AbortSignal = context().signal;
