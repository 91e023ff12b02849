/** All threads of a process that was pinned are on its cores, whenever they were started. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { formatCores, usableCores } from "../../src/worker/affinity.ts";
import { Program, runProgram, type ProgramOptions } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

const isPortable = process.env["MOBULA_PORTABLE"] === "1";
const usable = usableCores() ?? [];
const linuxOnly = {
  skip: (process.platform !== "linux" || isPortable) && "this platform has no call for it",
};

const options: ProgramOptions = { flags: ["--import", import.meta.resolve("tsx")] };
const source = new URL("../../src/worker/affinity.ts", import.meta.url).href;
const imports = `import { pinProcess, usableCores } from ${JSON.stringify(source)};\n`;

/** What `pinProcess` of a process says that may use `under` alone. */
async function failure(sandbox: Sandbox, cores: readonly number[]): Promise<string> {
  const program = `${imports}
    try { pinProcess(${JSON.stringify(cores)}); } catch (error) {
      console.log(error.name, error.cores, error.usableCores, error.message);
    }
    console.log(usableCores());
  `;
  const under = ["taskset", "-c", String(usable[0])];
  const { stdout, stderr } = await runProgram(sandbox, program, { ...options, under });
  assert.equal(stderr, "");
  return stdout;
}

/** Each thread's name, and the cores that it may use. */
function threadsOf(pid: number): [name: string, cores: string][] {
  return readdirSync(`/proc/${pid}/task`).map((threadId) => {
    const status = readFileSync(`/proc/${pid}/task/${threadId}/status`, "utf8");
    const field = (name: string): string => RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)![1]!;
    return [field("Name"), field("Cpus_allowed_list")];
  });
}

/** Starts the threads of libuv's pool, and one with an event loop of its own. */
const startThreads = `
  import { pbkdf2 } from "node:crypto";
  import { readFile } from "node:fs/promises";
  import { promisify } from "node:util";
  import { Worker } from "node:worker_threads";
  const hash = () => promisify(pbkdf2)("a", "b", 1_000, 32, "sha256");
  const startPool = () => Promise.all([hash(), hash(), hash(), hash(), readFile("/proc/stat")]);
  const startWorker = () => new Promise((resolve, reject) => {
    const worker = new Worker("require('worker_threads').parentPort.once('message', () => {}); " +
      "require('fs').readFile('/proc/stat', () => {})", { eval: true });
    worker.once("online", resolve).once("error", reject);
  });
`;
const steps = {
  "threads that were there before": `await startPool(); await startWorker(); pin();`,
  "threads that are started later": `pin(); await startPool(); await startWorker();`,
  "threads of both kinds": `await startWorker(); pin(); await startPool(); await startWorker();`,
};

for (const [title, step] of Object.entries(steps)) {
  test(`${title} have the cores of the process`, linuxOnly, async () => {
    await using sandbox = new Sandbox();
    for (const cores of [[usable.at(-1)!], usable]) {
      const pin = `const pin = () => pinProcess(${JSON.stringify(cores)});`;
      const program = `${imports} ${startThreads} ${pin} ${step} console.log("pinned");`;
      const pinned = new Program(sandbox, program, options);
      await pinned.printed(/pinned/);
      const threads = threadsOf(pinned.pid);
      pinned.kill("SIGKILL");
      await pinned.end();
      // The main thread, four of V8, four of the pool, the worker.
      assert(threads.length >= 10, `only ${threads.length} threads`);
      const expected = threads.map(([name]) => [name, formatCores(cores)]);
      assert.deepEqual(threads, expected);
    }
  });
}

test("what the process starts has its cores, and it knows them", linuxOnly, async () => {
  await using sandbox = new Sandbox();
  const core = usable.at(-1)!;
  const program = `${imports}
    import { execFileSync } from "node:child_process";
    import { availableParallelism } from "node:os";
    pinProcess([${core}]);
    console.log(usableCores(), availableParallelism());
    console.log(execFileSync("grep", ["Cpus_allowed_list", "/proc/self/status"], {
      encoding: "utf8",
    }));
  `;
  const { stdout, stderr } = await runProgram(sandbox, program, options);
  assert.equal(stderr, "");
  assert.equal(stdout, `[ ${core} ] 1\nCpus_allowed_list:\t${core}\n\n`);
});

test(
  "cores that the process must not use are refused, and nothing is changed",
  linuxOnly,
  async () => {
    await using sandbox = new Sandbox();
    const own = usable[0]!;
    const other = usable.at(-1)! + 7;
    const begin = "Cannot pin the process to";
    const end = `this machine lets it use core ${own}; choose cpuAffinity from these`;
    const expected = [
      [[other], `core ${other}`],
      [[other, own], `cores ${own},${other}`],
      [[], "no core"],
      [[-1], "core -1"],
      [[100_000], "core 100000"],
    ] as const;
    for (const [cores, text] of expected) {
      const shown = cores.length === 0 ? "[]" : `[ ${cores.join(", ")} ]`;
      assert.equal(
        await failure(sandbox, cores),
        `EnvironmentSetupError ${shown} [ ${own} ] ${begin} ${text}: ${end}\n[ ${own} ]\n`,
      );
    }
  },
);
