/** Starts the daemon of an owned runtime. */

import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { SocketTransport } from "../wire/socket.ts";
import type { Transport } from "../wire/transport.ts";

const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const DAEMON_ENTRY = fileURLToPath(new URL(`../daemon/main.${EXTENSION}`, import.meta.url));

export interface DaemonProcess {
  readonly child: ChildProcess;
  readonly transport: Transport;
  /** What it has written to standard error, should it fail. */
  stderr(): string;
}

/** `env` is what the workers get; the daemon itself runs without the user's Node options. */
export function spawnDaemon(env: NodeJS.ProcessEnv): DaemonProcess {
  const { NODE_OPTIONS: _unused, NODE_TEST_CONTEXT: _test, ...rest } = env;
  const execArgv = EXTENSION === "ts" ? ["--import", "tsx"] : [];
  const child = spawn(process.execPath, [...execArgv, DAEMON_ENTRY], {
    env: rest,
    // A session of its own: signals of the terminal do not reach it.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4096)));
  child.unref();
  (child.stderr as unknown as Socket).unref();
  const transport = new SocketTransport(child.stdio[3] as unknown as Socket);
  transport.setReferenced(false);
  return { child, transport, stderr: () => stderr };
}
