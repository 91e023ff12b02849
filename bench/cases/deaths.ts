import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { descendants, isAlive, isDaemon } from "../harness/processes.ts";
import type { Case, Figures } from "../harness/types.ts";

const PROGRAM = fileURLToPath(new URL("../programs/endless-tasks.js", import.meta.url));

export const deaths: Case = {
  name: "from a death to the error",
  what: "SIGKILL of a worker, of the daemon, of the program, to the error or the last process gone",
  figures: [
    { name: "worker", unit: "ms to the error", better: "lower" },
    { name: "daemon", unit: "ms to the error", better: "lower" },
    { name: "program", unit: "ms to the last process gone", better: "lower" },
  ],
  contenders: ["mobula"],
  goals: [
    { figure: "worker", atMost: 100 },
    { figure: "daemon", atMost: 100 },
    { figure: "program", atMost: 1_000 },
  ],
  warmUp: true,
  prepare() {
    const directory = mkdtempSync(path.join(tmpdir(), "mobula-bench-"));
    let round = 0;
    return Promise.resolve({
      run: () => measure(path.join(directory, String(++round))),
      close() {
        rmSync(directory, { recursive: true });
        return Promise.resolve();
      },
    });
  },
};

async function measure(pidFile: string): Promise<Figures> {
  await init({ numCpus: WORKERS });
  const worker = await untilRejected(spin(`${pidFile}.worker`), async () => {
    return await writtenPid(`${pidFile}.worker`);
  });
  const daemon = await untilRejected(spin(`${pidFile}.daemon`), async () => {
    await writtenPid(`${pidFile}.daemon`);
    return descendants(process.pid).find(isDaemon)!;
  });
  return { worker, daemon, program: await untilAllGone() };
}

const spin = remote(
  (pidFile: string) => {
    writeFileSync(`${pidFile}.part`, String(process.pid));
    renameSync(`${pidFile}.part`, pidFile);
    for (;;);
  },
  { maxRetries: 0 },
);

async function writtenPid(pidFile: string): Promise<number> {
  while (!existsSync(pidFile)) await setImmediate();
  return Number(readFileSync(pidFile, "utf8"));
}

async function untilRejected(
  call: Promise<unknown>,
  findVictim: () => Promise<number>,
): Promise<number> {
  const victim = await findVictim();
  const startMs = performance.now();
  process.kill(victim, "SIGKILL");
  const [settled] = await Promise.allSettled([call]);
  if (settled.status === "fulfilled") throw new Error("Cannot time a death: the call succeeded");
  return performance.now() - startMs;
}

async function untilAllGone(): Promise<number> {
  const program = spawn(process.execPath, [PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
  let begun = 0;
  await new Promise<void>((resolve, reject) => {
    program.on("error", reject);
    program.stdout.on("data", (text: Buffer) => {
      begun += text.toString().split("begun").length - 1;
      if (begun === WORKERS) resolve();
    });
  });
  const pids = [program.pid!, ...descendants(program.pid!)];
  const startMs = performance.now();
  program.kill("SIGKILL");
  while (pids.some(isAlive)) await setImmediate();
  return performance.now() - startMs;
}
