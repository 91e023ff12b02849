/** A call of an actor's method, as the process that made it keeps it. */

import type { ActorCall, ActorCallState } from "../core/actor-calls.ts";
import type { ActorClient } from "./actor-client.ts";
import type { ObjectRecord } from "./object-record.ts";
import {
  PendingCall,
  type Arguments,
  type CallKeeper,
  type CommonOptions,
} from "./pending-call.ts";

/** What a call of a method says beyond method and arguments. */
export interface MethodCallOptions extends CommonOptions {
  /** Instead of "Counter.add". */
  readonly name: string | undefined;
}

export class MethodCall extends PendingCall implements ActorCall {
  client: ActorClient;
  readonly method: string;
  readonly options: MethodCallOptions;
  state: ActorCallState = "waiting";
  incarnation = 0;
  /** 1 for the first run. */
  attempt = 1;
  #retriesLeft: number;
  isStopped = false;

  constructor(
    number: number,
    client: ActorClient,
    method: string,
    options: MethodCallOptions,
    args: Arguments,
    results: readonly ObjectRecord[],
  ) {
    super(number, args, results);
    this.client = client;
    this.method = method;
    this.options = options;
    this.#retriesLeft = client.maxTaskRetries;
  }

  /** What elements have come of is not begun again: they would come twice. */
  get retriesLeft(): number {
    return this.stream?.isBegun === true ? 0 : this.#retriesLeft;
  }

  set retriesLeft(count: number) {
    this.#retriesLeft = count;
  }

  /** What actors say to each other may go on for ever: nothing of it is waited for. */
  override get depth(): number {
    return this.parent?.isOfActor === true ? this.parent.depth : super.depth;
  }

  get keeper(): CallKeeper {
    return this.client;
  }

  get isUnsent(): boolean {
    return this.state === "waiting" || this.state === "ready";
  }

  get isDone(): boolean {
    return this.state === "done";
  }

  get workerId(): number | undefined {
    return this.state === "sent" ? this.client.workerId : undefined;
  }

  get name(): string {
    return this.options.name ?? `${this.client.className}.${this.method}`;
  }
}
