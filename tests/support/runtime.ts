/** One runtime for the tests of a file. */

import { after, afterEach, before } from "node:test";
import { inspect } from "node:util";
import { init, type InitOptions, type Runtime } from "mobula";
import { isRunning } from "./processes.ts";
import { Sandbox } from "./sandbox.ts";
import { eventually } from "./within.ts";

export interface RuntimeFixture {
  readonly sandbox: Sandbox;
  readonly runtime: Runtime;
  /** Waits until process `pid` has ended. */
  gone(pid: number): Promise<void>;
}

/** Set by the suite "inline", which runs the same tests with `mode: "inline"`. */
const isInline = process.env["MOBULA_TEST_MODE"] === "inline";

/** Options of a test that needs processes of their own, and why it does. */
export function processesOnly(reason: string): { readonly skip: string | false } {
  return { skip: isInline && `processes only: ${reason}` };
}

/**
 * Starts a runtime with two cores before the tests, and ends it after them. Each test must give
 * back all that it took; after the last one no process and no file may be left.
 */
export function useRuntime(options: InitOptions = {}): RuntimeFixture {
  let sandbox: Sandbox | undefined;
  let runtime: Runtime | undefined;
  before(async () => {
    sandbox = new Sandbox();
    Object.assign(process.env, sandbox.env);
    // Workers need no TypeScript loader: what tests ship is JavaScript by then.
    runtime = await init({
      numCpus: 2,
      execArgv: [],
      mode: isInline ? "inline" : "processes",
      ...options,
    });
  });
  afterEach(() => eventually(() => complainOfLeases(runtime!)));
  after(async () => {
    await runtime?.shutdown();
    await sandbox?.[Symbol.asyncDispose]();
  });
  return {
    get sandbox() {
      return sandbox!;
    },
    get runtime() {
      return runtime!;
    },
    gone: (pid) => eventually(() => (isRunning(pid) ? `process ${pid} runs still` : undefined)),
  };
}

async function complainOfLeases(runtime: Runtime): Promise<string | undefined> {
  const { total, available } = await runtime.resources();
  for (const [resource, amount] of Object.entries(total)) {
    if (available[resource] !== amount) return `not given back: ${inspect({ total, available })}`;
  }
  return undefined;
}
