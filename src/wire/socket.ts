/** Transport over a stream socket: unix sockets, and the socket pairs that `spawn` makes. */

import net from "node:net";
import type { Transport, TransportEvents } from "./transport.ts";

export class SocketTransport implements Transport {
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
  }

  start(events: TransportEvents): void {
    let cause: Error | undefined;
    this.#socket.on("data", events.data);
    this.#socket.on("error", (error) => (cause = error));
    // What was written before is sent, if it is still wanted.
    this.#socket.on("end", () => this.#socket.destroySoon());
    this.#socket.on("close", () => events.closed(cause));
  }

  write(bytes: Buffer): boolean {
    if (this.#socket.destroyed || this.#socket.writableEnded) return true;
    this.#socket.write(bytes);
    // Nothing queued means that the kernel took all of it during the call.
    return this.#socket.writableLength === 0;
  }

  endWriting(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  setReferenced(referenced: boolean): void {
    if (referenced) this.#socket.ref();
    else this.#socket.unref();
  }
}

/** Listens at `address`; each connection becomes a transport. */
export function listen(
  address: string,
  onConnection: (transport: Transport) => void,
): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => onConnection(new SocketTransport(socket)));
    server.once("error", reject);
    server.listen(address, () => resolve(server));
  });
}

/** Connects to `address`. A failure arrives as the transport's `closed`. */
export function connect(address: string): Transport {
  return new SocketTransport(net.connect(address));
}
