/** A program whose tasks never end: each prints a line when it begins. */
import { writeSync } from "node:fs";
import { init, remote } from "mobula";
import { WORKERS } from "../contenders/pool.ts";

await init({ numCpus: WORKERS });
const spin = remote(() => {
  // Past the streams of Node, which would never get to write it.
  writeSync(1, "begun\n");
  for (;;);
});
await Promise.all(Array.from({ length: WORKERS }, () => spin()));
