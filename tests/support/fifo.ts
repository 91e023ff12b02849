/**
 * Meeting points of a test and its tasks, in whatever process and also in bodies that block:
 * named pipes. Tasks use them through `rendezvous.mjs`.
 */

import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { within } from "./within.ts";

/** A pipe that is open for both sides here, so that nobody blocks in `open`. */
function openPipe(path: string): number {
  execFileSync("mkfifo", ["-m", "600", path]);
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** What tasks announce, in order. */
export class Events implements Disposable {
  readonly path: string;
  readonly #socket: Socket;
  readonly #events: string[] = [];
  #changed: (() => void) | undefined;

  constructor(path: string) {
    this.path = path;
    this.#socket = new Socket({ fd: openPipe(path), readable: true, writable: false });
    this.#socket.setEncoding("utf8").on("data", (text: string) => {
      this.#events.push(...text.trimEnd().split("\n"));
      this.#changed?.();
    });
    this.#socket.unref();
  }

  /** What has been announced and not been waited for. */
  get pending(): readonly string[] {
    return this.#events;
  }

  /** The next event, whatever it is. */
  next(): Promise<string> {
    return this.#take(() => (this.#events.length > 0 ? 0 : -1), "any event");
  }

  /** Waits for `event`, or the first one that matches; others stay. */
  take(event: string | RegExp): Promise<string> {
    const isIt = (text: string): boolean =>
      typeof event === "string" ? text === event : event.test(text);
    return this.#take(() => this.#events.findIndex(isIt), String(event));
  }

  #take(find: () => number, what: string): Promise<string> {
    const found = new Promise<string>((resolve) => {
      const look = (): void => {
        const index = find();
        if (index < 0) return;
        this.#changed = undefined;
        resolve(this.#events.splice(index, 1)[0]!);
      };
      this.#changed = look;
      look();
    });
    return within(found, () => `no ${what}; seen: ${this.#events.join(", ")}`);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** What tasks wait for until the test gives it. */
export class Permits implements Disposable {
  readonly path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openPipe(path);
  }

  /** Lets `count` tasks go on, those that wait or the next ones that come. */
  give(count = 1): void {
    writeSync(this.#descriptor, "+".repeat(count));
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
