/** The call of an actor's constructor. Its arguments stay for as long as it may run again. */

import {
  PendingCall,
  type Arguments,
  type CallKeeper,
  type CommonOptions,
} from "./pending-call.ts";
import type { ObjectRecord } from "./object-record.ts";

export interface CreationOptions extends CommonOptions {
  readonly name: string;
  /** It outlives who makes it. */
  readonly isDetached: boolean;
  readonly depth: number;
}

export class Creation extends PendingCall {
  readonly options: CreationOptions;
  readonly keeper: CallKeeper;
  state: "waiting" | "sent" | "done" = "waiting";
  workerId: number | undefined;
  #mayRunAgain: boolean;

  constructor(
    number: number,
    args: Arguments,
    results: readonly ObjectRecord[],
    options: CreationOptions,
    keeper: CallKeeper<Creation>,
    mayRunAgain: boolean,
  ) {
    super(number, args, results);
    this.options = options;
    this.keeper = keeper;
    this.#mayRunAgain = mayRunAgain;
  }

  get name(): string {
    return this.options.name;
  }

  override get depth(): number {
    return this.options.depth;
  }

  override get endsWithCaller(): boolean {
    return !this.options.isDetached;
  }

  override get timeoutName(): string {
    return "startTimeoutMs";
  }

  get isUnsent(): boolean {
    return this.state === "waiting";
  }

  get isDone(): boolean {
    return this.state === "done";
  }

  override over(): void {
    if (!this.#mayRunAgain) super.over();
  }

  /** The constructor will not run again. */
  release(): void {
    this.#mayRunAgain = false;
    if (this.isDone) super.over();
  }
}
