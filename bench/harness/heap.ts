import v8 from "node:v8";
import vm from "node:vm";

/** What the heap holds once all that can be collected is gone. */
export async function heapBytes(): Promise<number> {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  // What finalizers let go of is collected the next time.
  for (let round = 0; round < 5; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
