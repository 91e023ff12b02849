import { run } from "./run.ts";
import { setImmediate as nextTurn } from "node:timers/promises";
let u0=process.cpuUsage().user, seed=1;
for (let block=0; block<6; block++){ let ev=0, calls=0; for(let i=0;i<40;i++){ const r=await run(seed++); ev+=r.events; calls+=r.calls; await nextTurn(); } const u=process.cpuUsage().user; console.log(block, ((u-u0)/40000).toFixed(1),"ms user per run", ev/40, calls/40, "heap MB", (process.memoryUsage().heapUsed/2**20).toFixed(0), "ext", (process.memoryUsage().external/2**20).toFixed(0)); u0=u; }
