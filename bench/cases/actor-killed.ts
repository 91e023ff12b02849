import { init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";
import { scaled } from "../harness/scale.ts";
import type { Case, Figures } from "../harness/types.ts";
import { Echo } from "../jobs/echo-actor.ts";

const KILLS = scaled(100);
const IN_FLIGHT = 100;

export const actorKilled: Case = {
  name: "an actor killed 100 times under load",
  what: `${IN_FLIGHT} calls in flight all the time, with maxRestarts and maxTaskRetries Infinity`,
  figures: [
    { name: "each", unit: "ms to the first answer of the next life", better: "lower" },
    { name: "calls", unit: "answered", better: "higher" },
    { name: "lost", unit: "calls", better: "lower" },
  ],
  contenders: ["mobula"],
  goals: [{ figure: "lost", atMost: 0 }],
  warmUp: false,
  roundsMax: 1,
  async prepare() {
    const runtime = await init({ numCpus: WORKERS, logToDriver: false });
    return { run: measure, close: () => runtime.shutdown() };
  },
};

async function measure(): Promise<Figures> {
  const RemoteEcho = remote(Echo, { maxRestarts: Infinity, maxTaskRetries: Infinity });
  using actor = new RemoteEcho();
  let [isOver, made, answered] = [false, 0, 0];
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const n = made++;
      if ((await actor.echo(n)) !== n) throw new Error(`Cannot trust the round: call ${n}`);
      answered++;
    }
  };
  const lanes = Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  let pid = await actor.pid();
  const startMs = performance.now();
  for (let kills = 0; kills < KILLS; kills++) {
    process.kill(pid, "SIGKILL");
    const killed = pid;
    // Answers of the former life may still be on their way.
    while (pid === killed) pid = await actor.pid();
  }
  const elapsedMs = performance.now() - startMs;
  isOver = true;
  await lanes;
  return { each: elapsedMs / KILLS, calls: answered, lost: made - answered };
}
