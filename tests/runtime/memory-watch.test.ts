/**
 * A worker is ended before memory runs out, and its task runs again.
 * Processes only: inline, all memory is the program's own.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { InitOptions, OutOfMemoryError } from "mobula";
import { MemoryGroup, needsMemoryGroup } from "../support/memory-group.ts";
import { Program, type ProgramResult } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

const MIB = 2 ** 20;

/** What the programs in a group of 400 MiB have in common. */
const head = `
  import { context, init, remote } from "mobula";
  import { announce, takePermit } from "support/rendezvous.mjs";
  const { EVENTS, GO } = process.env;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
  /**
   * Takes memory that is not heap, piece by piece; small ones where it becomes scarce: from 95 % on
   * the daemon has 0.4 s, on whatever machine, until the kernel ends somebody.
   */
  const take = async (mebibytes) => {
    const kept = [];
    for (let taken = 0; taken < mebibytes; taken += kept.at(-1).length / 2 ** 20) {
      kept.push(Buffer.alloc((taken < 120 ? 4 : 1) * 2 ** 20, 1));
      await pause();
    }
    return kept;
  };
  const outcome = (promise) => promise.then((value) => value, (error) => error);
`;

interface Group {
  readonly program: Program;
  readonly sandbox: Sandbox;
  readonly directory: string;
  /** Lets who waits for GO go on. */
  readonly give: () => void;
}

async function inGroup(
  source: string,
  check: (result: ProgramResult, group: Group) => void,
  options: InitOptions = {},
  act: (group: Group) => Promise<void> = async () => {
    // Most programs end by themselves.
  },
): Promise<void> {
  await using group = new MemoryGroup(400 * MIB);
  await using sandbox = new Sandbox();
  const go = sandbox.permits();
  const env = { EVENTS: sandbox.newPath(), GO: go.path };
  const whole = `${head}
    const runtime = await init(${JSON.stringify({ numCpus: 2, ...options })});
    ${source}
    await runtime.shutdown();`;
  const program = new Program(sandbox, whole, { env, under: group.under });
  const { directory } = group;
  const running = { program, sandbox, directory, give: () => go.give() };
  await act(running);
  check(await program.end(), running);
}

test(
  "the task that can run again is ended, and runs again; the other one goes on",
  needsMemoryGroup,
  async () => {
    const source = `
    const steady = remote(async () => {
      const kept = await take(120);
      await takePermit(GO);
      return kept.length;
    }, { maxRetries: 0 });
    const greedy = remote(async () => {
      if (context().attempt > 1) return "ran " + context().attempt + " times";
      return await take(600);
    });
    const first = steady();
    const second = await outcome(greedy());
    const fs = await import("node:fs");
    fs.writeSync(fs.openSync(GO, "r+"), "+");
    console.log(second, await first);
  `;
    await inGroup(source, ({ stdout, stderr }) => {
      assert.deepEqual([stdout, stderr], ["ran 2 times 30\n", ""]);
    });
  },
);

test(
  "without retries: OutOfMemoryError with the figures of all workers",
  needsMemoryGroup,
  async () => {
    const source = `
    const greedy = remote(async function greedy() { await take(600); }, { maxRetries: 0 });
    const error = await outcome(greedy());
    const { name, code, pid, signal, usedBytes, limitBytes, workers } = error;
    console.log(JSON.stringify({ name, code, pid, signal, usedBytes, limitBytes, workers }));
    console.log(error.message);
    console.log(await remote(() => "later tasks run")());
  `;
    await inGroup(source, ({ stdout, stderr }, { directory }) => {
      assert.equal(stderr, "");
      const [json, message, title, ...rest] = stdout.split("\n");
      const error = JSON.parse(json!) as OutOfMemoryError;
      assert.deepEqual(
        [error.name, error.code, error.signal, error.limitBytes],
        ["OutOfMemoryError", "OUT_OF_MEMORY", "SIGKILL", 400 * MIB],
      );
      assert(error.usedBytes! > 380 * MIB, `${error.usedBytes}`);
      const used = Math.round(error.usedBytes! / MIB);
      const start = `Cannot finish task greedy: its worker ${error.pid} was ended by SIGKILL`;
      assert.equal(
        message!.replace(/resident \d+/, "resident"),
        `${start} (resident MiB): ${used} of 400 MiB of control group ${directory} are in use, ` +
          "more than 95 %; use less memory at a time, or run fewer tasks at a time by giving " +
          "each memoryBytes",
      );
      assert.equal(title, "Memory of the workers:");
      const [greedy, ...others] = error.workers!;
      assert.deepEqual([greedy!.pid, greedy!.runs], [error.pid, "task greedy"]);
      assert(greedy!.ownBytes > 150 * MIB && others.length >= 1);
      for (const { pid, ownBytes, runs } of error.workers!) {
        assert.equal(rest.shift(), `  ${pid}: ${Math.round(ownBytes / MIB)} MiB, ${runs}`);
      }
      assert.deepEqual(rest, ["later tasks run", ""]);
    });
  },
);

test("the kernel is faster: that is told from a kill by somebody", needsMemoryGroup, async () => {
  const source = `
    const greedy = remote(async function greedy() { await take(600); }, { maxRetries: 0 });
    const killed = remote(() => process.kill(process.pid, "SIGKILL"), { maxRetries: 0 });
    console.log((await outcome(killed())).name);
    const error = await outcome(greedy());
    console.log(error.name);
    console.log(error.message);
  `;
  const isKilled = ({ stdout }: ProgramResult): void => {
    const [killed, name, message] = stdout.split("\n");
    assert.deepEqual([killed, name], ["WorkerCrashedError", "OutOfMemoryError"]);
    const sizes = message!.replaceAll(/\b\d+ MiB/g, "N MiB").replace(" (resident N MiB)", "");
    assert.equal(
      sizes.replace(/worker \d+/, "worker P"),
      "Cannot finish task greedy: its worker P was ended by SIGKILL: the kernel ended it as " +
        "memory ran out, N MiB of N MiB were in use before; use less memory at a time, or run " +
        "fewer tasks at a time by giving each memoryBytes",
    );
  };
  await inGroup(source, isKilled, { memoryUsageMax: 1 });
});

test("cached files are not in use: nobody is ended for them", needsMemoryGroup, async () => {
  const source = `
    const reads = remote(async (file) => {
      const { openSync, readSync } = await import("node:fs");
      const descriptor = openSync(file);
      const block = Buffer.alloc(2 ** 20);
      // Twice: then the pages are "active".
      for (let round = 0; round < 2; round++) {
        for (let at = 0; at < 300; at++) readSync(descriptor, block, 0, 2 ** 20, at * 2 ** 20);
      }
      const kept = await take(40);
      return kept.length;
    }, { maxRetries: 0 });
    const { truncateSync, writeFileSync } = await import("node:fs");
    const file = EVENTS + ".data";
    writeFileSync(file, "");
    truncateSync(file, 300 * 2 ** 20);
    console.log(await outcome(reads(file)));
  `;
  await inGroup(source, ({ stdout, stderr }) => {
    assert.deepEqual([stdout, stderr], ["10\n", ""]);
  });
});

test(
  "the program itself holds the memory: it is told so once, and no worker ends",
  needsMemoryGroup,
  async () => {
    const source = `
    const waits = remote(() => takePermit(GO), { maxRetries: 0 });
    const waiting = waits();
    const kept = await take(220);
    await waiting;
    // It is looked at many times more.
    for (let i = 0; i < 20; i++) await remote(pause)();
    console.log(kept.length);
  `;
    const isTold = ({ stdout, stderr }: ProgramResult, { directory }: Group): void => {
      assert.equal(stdout, "130\n");
      assert.equal(
        stderr.replace(/: \d+ of/, ": N of"),
        `Memory is nearly used up: N of 400 MiB of control group ${directory} are in use, and no ` +
          "worker holds much of it; let the program, or others, use less before the kernel ends " +
          "processes\n",
      );
    };
    await inGroup(source, isTold, { memoryUsageMax: 0.6 }, async ({ program, give }) => {
      await program.printedError(/Memory is nearly used up.*\n/);
      give();
    });
  },
);
