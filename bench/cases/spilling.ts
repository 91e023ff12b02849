import { spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { init, put } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { GIB, MIB } from "../harness/measure.ts";
import { scaled } from "../harness/scale.ts";
import type { Case } from "../harness/types.ts";

const SIZE_BYTES = 64 * MIB;
const OBJECTS = scaled((8 * GIB) / SIZE_BYTES);
const STORE_BYTES = (SIZE_BYTES * OBJECTS) / 8;
/** So far apart lie the numbers that tell one object from another. */
const STAMP_BYTES = 4_096;

export const spilling: Case = {
  name: "8 GiB through a store of 1 GiB",
  what: "objects of 64 MiB, all put, then each got and compared; dd writes and reads as much",
  figures: [
    { name: "put and got", unit: "GB/s", better: "higher" },
    { name: "put alone", unit: "GB/s", better: "higher" },
    { name: "dd", unit: "GB/s", better: "higher" },
    { name: "ratio", unit: "put and got / dd", better: "higher" },
  ],
  contenders: ["mobula"],
  goals: [{ figure: "ratio", atLeast: 0.5 }],
  warmUp: false,
  async prepare() {
    const spillDirectory = fs.mkdtempSync(path.join(os.tmpdir(), "mobula-bench-"));
    const options = { numCpus: WORKERS, objectStoreBytes: STORE_BYTES, spillDirectory };
    const runtime = await init(options);
    const source = randomFillSync(new Uint8Array(SIZE_BYTES));
    return {
      run: () => measure(source, spillDirectory),
      async close() {
        await runtime.shutdown();
        fs.rmSync(spillDirectory, { recursive: true });
      },
    };
  },
};

/** Making and stamping what is compared is not counted; comparing is, as it reads the bytes. */
async function measure(source: Uint8Array, folder: string): Promise<Record<string, number>> {
  const clock = new Clock();
  const refs = Array.from({ length: OBJECTS }, (_, index) => {
    stamp(source, index);
    return clock.time(() => put(source));
  });
  const putMs = clock.elapsedMs;
  for (const [index, ref] of refs.entries()) {
    stamp(source, index);
    const startMs = performance.now();
    const isSame = Buffer.compare(await ref, source) === 0;
    ref[Symbol.dispose]();
    clock.elapsedMs += performance.now() - startMs;
    if (!isSame) throw new Error(`Cannot trust the store: object ${index} has changed`);
  }
  const own = rate(clock.elapsedMs);
  const dd = rate(ddMs(path.join(folder, "dd")));
  return { "put and got": own, "put alone": rate(putMs), dd, ratio: own / dd };
}

class Clock {
  elapsedMs = 0;

  time<T>(work: () => T): T {
    const startMs = performance.now();
    const result = work();
    this.elapsedMs += performance.now() - startMs;
    return result;
  }
}

function stamp(bytes: Uint8Array, index: number): void {
  const numbers = new Float64Array(bytes.buffer);
  for (let at = 0; at < numbers.length; at += STAMP_BYTES / 8) numbers[at] = index;
}

/** As fast as the same file system is written and read otherwise; neither waits for the disk. */
function ddMs(file: string): number {
  const clock = new Clock();
  const count = `count=${OBJECTS}`;
  const size = `bs=${SIZE_BYTES}`;
  clock.time(() => run("dd", ["if=/dev/zero", `of=${file}`, size, count]));
  clock.time(() => run("dd", [`if=${file}`, "of=/dev/null", size]));
  fs.unlinkSync(file);
  return clock.elapsedMs;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args);
  if (status !== 0) throw new Error(`Cannot compare with ${command}: ${stderr.toString()}`);
}

/** Of the bytes once, in GB/s, whatever is done to them. */
function rate(elapsedMs: number): number {
  return (SIZE_BYTES * OBJECTS) / elapsedMs / 1e6;
}
