import { existsSync } from "node:fs";
import { init, kill, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { MIB } from "../harness/measure.ts";
import { residentBytes } from "../harness/processes.ts";
import { scaled } from "../harness/scale.ts";
import { spreadOf } from "../harness/stats.ts";
import type { Case, Figures } from "../harness/types.ts";
import { Echo } from "../jobs/echo-actor.ts";

const ACTORS = scaled(1_000);
const ALIVE = 50;

export const manyActors: Case = {
  name: "1,000 actors",
  what: `created, called once and ended, at most ${ALIVE} alive at once; memory when called`,
  figures: [
    { name: "each", unit: "ms of the whole", better: "lower" },
    { name: "largest", unit: "MiB RSS", better: "lower" },
    { name: "median", unit: "MiB RSS", better: "lower" },
  ],
  contenders: ["mobula", "ray"],
  goals: [
    { figure: "each", atMost: 60 },
    { figure: "largest", atMost: 60 },
  ],
  warmUp: false,
  roundTimeoutMs: 300_000,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS });
    return { run: measure, close: () => runtime.shutdown() };
  },
};

async function measure(): Promise<Figures> {
  const RemoteEcho = remote(Echo);
  const resident: number[] = [];
  let created = 0;
  const lane = async (): Promise<void> => {
    while (created < ACTORS) {
      created++;
      const actor = new RemoteEcho();
      const pid = await actor.pid();
      resident.push(residentBytes(pid) / MIB);
      // Resolves when the process is gone: the next one of this lane finds its place free.
      await kill(actor);
      if (existsSync(`/proc/${pid}`)) throw new Error(`Cannot trust the round: ${pid} still lives`);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: ALIVE }, lane));
  const elapsedMs = performance.now() - startMs;
  const { median, max } = spreadOf(resident)!;
  return { each: elapsedMs / ACTORS, largest: max, median };
}
