/** The program of the case "first result of a fresh program": one contender, one task. */
import { openPool } from "../contenders/pool.ts";
import type { NodeName } from "../harness/types.ts";

const pool = await openPool(process.argv[2] as NodeName, "echo");
console.log(await pool.run(42));
await pool.close();
