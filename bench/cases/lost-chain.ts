import fs from "node:fs";
import path from "node:path";
import { get, init, remote, type ObjectRef } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { seconds } from "../harness/measure.ts";
import type { Case } from "../harness/types.ts";

const TASKS = 100;
/** 1 MB each: stored. */
const LENGTH = 125_000;

export const lostChain: Case = {
  name: "losing a chain of 100 results",
  what: `${TASKS} tasks in a chain; their files are removed, and the last result is awaited`,
  figures: [
    { name: "made", unit: "ms", better: "lower" },
    { name: "made again", unit: "ms", better: "lower" },
    { name: "ratio", unit: "made again / made", better: "lower" },
  ],
  contenders: ["mobula"],
  goals: [{ figure: "ratio", atMost: 3 }],
  warmUp: true,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    return { run: measure, close: () => runtime.shutdown() };
  },
};

const first = remote((length: number) => new Float64Array(length));
const next = remote((numbers: Float64Array) => numbers.map((number) => number + 1));

async function measure(): Promise<Record<string, number>> {
  const chain: ObjectRef<Float64Array>[] = [];
  const made = await seconds(async () => {
    chain.push(first(LENGTH));
    while (chain.length < TASKS) chain.push(next(chain.at(-1)!));
    await get(chain.at(-1)!);
  });
  removeStored();
  let last = 0;
  const again = await seconds(async () => (last = (await chain.at(-1)!)[LENGTH - 1]!));
  for (const ref of chain) ref[Symbol.dispose]();
  if (last !== TASKS - 1) throw new Error(`Cannot trust the round: the last is ${last}`);
  return { made: made * 1_000, "made again": again * 1_000, ratio: again / made };
}

/** The files of stored objects of this program. */
function removeStored(): void {
  const parent = `/dev/shm/mobula-${process.getuid!()}`;
  for (const session of fs.readdirSync(parent)) {
    const directory = path.join(parent, session);
    const owner = path.join(directory, "owner");
    if (Number.parseInt(fs.readFileSync(owner, "utf8"), 10) !== process.pid) continue;
    for (const name of fs.readdirSync(directory)) {
      if (/^\d+-[0-9a-f]{16}$/.test(name)) fs.rmSync(path.join(directory, name), { force: true });
    }
  }
}
