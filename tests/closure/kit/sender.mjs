/** Calls a function in another process. For programs under test, whatever runs them. */

import { fork } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Closures, pack, unpack } from "./values.mjs";

const [, script] = process.argv;
/** Neither `--eval` nor stdin has an entry. */
const entryUrl = script && script !== "-" ? pathToFileURL(realpathSync(script)).href : undefined;
const isEval = process.execArgv.some((option) => /eval|input-type/.test(option));
const closures = new Closures({ entryUrl });
const receiver = fork(
  fileURLToPath(new URL("receiver.mjs", import.meta.url)),
  entryUrl ? [entryUrl] : [],
  {
    execArgv: isEval ? [] : process.execArgv,
    serialization: "advanced",
  },
);
const waiting = new Map();
receiver.on("message", ({ id, message }) => {
  waiting.get(id)(message);
  waiting.delete(id);
});

/** `depth`: how often the receiver passes the function on before it calls it. */
export async function callRemotely(subject, args = [], depth = 0) {
  const id = waiting.size;
  const message = pack(closures, { subject, args, depth });
  const reply = new Promise((resolve) => waiting.set(id, resolve));
  receiver.send({ id, message });
  const { result, error } = await unpack(closures, await reply);
  if (error !== undefined) throw error;
  return result;
}

export function close() {
  receiver.disconnect();
}
