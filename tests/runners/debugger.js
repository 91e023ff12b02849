/**
 * A debugger of the program that its arguments name: attached from the start, stops at breakpoints
 * and exceptions, looks around as an editor does, steps, and lets go on. Ends as the program ends;
 * well only if there were stops of each kind.
 */

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** After some of the breakpoints; they lead into the package. */
const STEPS = 30;
const STEPS_EVERY = 10;
/** The line in which the kit calls a function, remotely or not. */
const CALL = "await call()";

const child = spawn(process.execPath, ["--inspect-brk=127.0.0.1:0", ...process.argv.slice(2)], {
  stdio: ["ignore", "inherit", "pipe"],
});
const socket = new WebSocket(await readAddress());
const pending = new Map();
const stops = new Map();
let last = 0;
let stepsLeft = 0;

function readAddress() {
  let text = "";
  return new Promise((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      process.stderr.write(chunk);
      text += chunk;
      const [url] = /ws:\/\/\S+/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
}

function send(method, params = {}) {
  socket.send(JSON.stringify({ id: ++last, method, params }));
  return new Promise((resolve, reject) => {
    pending.set(last, ({ result, error }) =>
      error === undefined ? resolve(result) : reject(new Error(`${method}: ${error.message}`)),
    );
  });
}

async function onPaused({ reason, callFrames: [frame], hitBreakpoints }) {
  const isStep = hitBreakpoints?.length === 0 && !/exception/i.test(reason);
  const why = hitBreakpoints?.length > 0 ? "breakpoint" : isStep ? "step" : "exception";
  const count = (stops.get(why) ?? 0) + 1;
  stops.set(why, count);
  if (why === "breakpoint" && count % STEPS_EVERY === 1) stepsLeft = STEPS;
  // In the order of sending: it has looked around when it goes on.
  const scopes = isStep ? [] : frame.scopeChain.filter(({ type }) => type !== "global");
  const looks = scopes.map(({ object: { objectId } }) =>
    send("Runtime.getProperties", { objectId }),
  );
  await Promise.all([...looks, send(stepsLeft-- > 0 ? "Debugger.stepInto" : "Debugger.resume")]);
}

socket.addEventListener("message", ({ data }) => {
  const message = JSON.parse(data);
  if (message.method === "Debugger.paused") void onPaused(message.params);
  // The program waits for its debugger to leave.
  if (message.method === "Runtime.executionContextDestroyed") socket.close();
  pending.get(message.id)?.(message);
  pending.delete(message.id);
});
child.on("exit", (code) => {
  const kinds = ["breakpoint", "exception", "step"].filter((kind) => stops.has(kind));
  process.stderr.write(`stops: ${JSON.stringify([...stops])}\n`);
  process.exitCode = code === 0 && kinds.length === 3 ? 0 : 1;
});

await new Promise((resolve) => socket.addEventListener("open", resolve));
await send("Runtime.enable");
await send("Debugger.enable");
await send("Debugger.setAsyncCallStackDepth", { maxDepth: 32 });
await send("Debugger.setPauseOnExceptions", { state: "all" });
for (const name of readdirSync(".").filter((each) => /^kit\./.test(each))) {
  const lineNumber = readFileSync(name, "utf8")
    .split("\n")
    .findIndex((each) => each.includes(CALL));
  await send("Debugger.setBreakpointByUrl", {
    lineNumber,
    urlRegex: `/${name.replace(".", "\\.")}$`,
  });
}
await send("Runtime.runIfWaitingForDebugger");
// The program sends on what it has to say when the last packet is acknowledged: any message does
// that, and without one the system takes 40 ms.
setInterval(() => void send("Runtime.getIsolateId"), 3).unref();
