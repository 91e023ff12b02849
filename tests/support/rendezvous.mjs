// What tasks and programs call to meet the test; see fifo.ts. Plain JavaScript, so that workers
// without a TypeScript loader can import it.
import fs from "node:fs";

export function announce(path, event) {
  fs.appendFileSync(path, `${event}\n`);
}

export function takePermitSync(path) {
  const descriptor = fs.openSync(path, "r");
  fs.readSync(descriptor, Buffer.alloc(1));
  fs.closeSync(descriptor);
}

export async function takePermit(path) {
  const file = await fs.promises.open(path, "r");
  await file.read(Buffer.alloc(1));
  await file.close();
}
