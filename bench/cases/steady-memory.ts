import fs from "node:fs";
import { init, put } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { MIB } from "../harness/measure.ts";
import { descendants, residentBytes } from "../harness/processes.ts";
import { scaled } from "../harness/scale.ts";
import { spreadOf } from "../harness/stats.ts";
import type { Case, Figures } from "../harness/types.ts";

const SIZE_BYTES = 100 * MIB;
/** One half with refs that are disposed, the other with refs that are dropped. */
const HALF_MS = scaled(5 * 60_000);
const WARM_UP_SHARE = 0.1;

export const steadyMemory: Case = {
  name: "10 minutes of put and drop",
  what: "objects of 100 MiB are put and let go; highest less lowest, a tenth left out as warm-up",
  figures: [
    { name: "shared memory, disposed", unit: "MiB", better: "lower" },
    { name: "resident, disposed", unit: "MiB", better: "lower" },
    { name: "shared memory, dropped", unit: "MiB", better: "lower" },
    { name: "resident, dropped", unit: "MiB", better: "lower" },
    { name: "most shared memory", unit: "MiB", better: "lower" },
    { name: "puts", unit: "in all", better: "higher" },
  ],
  contenders: ["mobula"],
  goals: [
    { figure: "shared memory, disposed", atMost: 1 },
    { figure: "resident, disposed", atMost: 32 },
  ],
  warmUp: false,
  roundsMax: 1,
  roundTimeoutMs: 2 * HALF_MS + 60_000,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    return { run: measure, close: () => runtime.shutdown() };
  },
};

async function measure(): Promise<Figures> {
  const source = new Float64Array(SIZE_BYTES / 8).fill(1.5);
  const disposed = await spreadsWhile(() => put(source)[Symbol.dispose]());
  const dropped = await spreadsWhile(() => void put(source));
  return {
    "shared memory, disposed": disposed.shared,
    "resident, disposed": disposed.resident,
    "shared memory, dropped": dropped.shared,
    "resident, dropped": dropped.resident,
    "most shared memory": Math.max(disposed.most, dropped.most),
    puts: disposed.puts + dropped.puts,
  };
}

interface Spreads {
  readonly shared: number;
  readonly resident: number;
  readonly most: number;
  readonly puts: number;
}

async function spreadsWhile(act: () => void): Promise<Spreads> {
  const shared: number[] = [];
  const resident: number[] = [];
  const startMs = performance.now();
  let puts = 0;
  for (let elapsedMs = 0; elapsedMs < HALF_MS; elapsedMs = performance.now() - startMs) {
    act();
    puts++;
    await new Promise((resolve) => setImmediate(resolve));
    if (elapsedMs < HALF_MS * WARM_UP_SHARE) continue;
    shared.push(sharedMemoryBytes());
    resident.push(allResidentBytes());
  }
  const most = spreadOf(shared)!.max / MIB;
  return { shared: widthOf(shared), resident: widthOf(resident), most, puts };
}

function widthOf(samples: readonly number[]): number {
  const { min, max } = spreadOf(samples)!;
  return (max - min) / MIB;
}

/** Of all programs: files that are unlinked and still mapped count as well. */
function sharedMemoryBytes(): number {
  const { blocks, bfree, bsize } = fs.statfsSync("/dev/shm");
  return (blocks - bfree) * bsize;
}

function allResidentBytes(): number {
  const processes = [process.pid, ...descendants(process.pid)];
  return processes.reduce((sum, pid) => sum + residentBytes(pid), 0);
}
