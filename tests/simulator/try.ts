import { nameOwn } from "/work/wt/sim/src/closure/builtins.ts";
import "/work/wt/sim/src/index.ts";
import { remote } from "/work/wt/sim/src/index.ts";
import { remoteValues } from "/work/wt/sim/src/api/remote-values.ts";
import { Simulation } from "/work/wt/sim/src/testing/simulation.ts";

let sim!: Simulation;
function add(a: number, b: number) { return a + b; }
async function nap(ms: number, v: number) { await sim.machine.sleep(sim.here, ms); return v; }
nameOwn({ add, nap });
const runs = Number(process.argv[2] ?? 1);
const keep = process.argv[3] === "keep";
const began = performance.now();
let events = 0;
let faults = 0;
for (let seed = 1; seed <= runs; seed++) {
  sim = new Simulation({ seed, isKept: keep, faults: process.argv[4] === "f" ? { workerKill: 0.001, workerStop: 0.001 } : {} }, remoteValues);
  const result = await sim.run(async () => {
    const f = remote(add), g = remote(nap);
    const all = [];
    for (let i = 0; i < 100; i++) { all.push(f(i, 1), g(i % 7, i)); if (i % 10 === 0) await all.at(-1); }
    return Promise.all(all);
  }).catch((e) => { console.log(e.message, e.transcript, e.cause); return undefined; });
  if (keep) console.log(result);
  events += result?.events ?? 0;
  for (const n of result?.faults.values() ?? []) faults += n;
  await new Promise(setImmediate);
}
console.log(runs, "runs", ((performance.now() - began) / runs).toFixed(2), "ms each", events / runs, "events", faults / runs, "faults");
