/**
 * The life of one actor, in the process that owns it. Pure: what happened goes in, what to do goes
 * to a sink.
 *
 * An actor lives in a worker of its own. When that is lost, a new one is asked for and the
 * constructor runs again, `maxRestarts` times; each life has an incarnation number, which every
 * call names, so that nothing that was meant for one life reaches another.
 */

/** `ending`: no call is taken any more, the instance disposes of what it holds. */
export type ActorState = "pending" | "alive" | "restarting" | "ending" | "dead";

/** What can follow what; everything else is a bug in the caller. */
const TRANSITIONS: Readonly<Record<ActorState, readonly ActorState[]>> = {
  pending: ["alive", "restarting", "dead"],
  alive: ["restarting", "ending", "dead"],
  restarting: ["restarting", "alive", "dead"],
  ending: ["dead"],
  dead: [],
};

/** Why an actor is dead, or was lost. `C`: what the shell knows of how a process ended. */
export type ActorEnd<C> =
  | { readonly kind: "crashed"; readonly cause: C }
  /** Its constructor threw, or there is no worker for it: the creation's failure says more. */
  | { readonly kind: "creation" }
  /** It was asked to end: by `kill`, or because nobody holds it. */
  | { readonly kind: "ended"; readonly reason: string };

export interface ActorLifeSink<C> {
  /** Asks for a worker. */
  acquire(): void;
  /** A worker is not wanted any more. */
  withdraw(): void;
  /** A worker that came too late goes back unused. */
  giveBack(leaseId: number): void;
  construct(workerId: number, incarnation: number, leaseId: number): void;
  /** Lets the instance end by itself; `gone` follows, or `graceOver`. */
  finish(workerId: number, incarnation: number): void;
  killWorker(workerId: number, reason: string): void;
  /** The state is another one. `end`: why, of a life that is over. */
  changed(state: ActorState, end: ActorEnd<C> | undefined): void;
}

export class ActorLife<C> {
  readonly #sink: ActorLifeSink<C>;
  readonly #maxRestarts: number;
  #state: ActorState = "pending";
  #incarnation = 1;
  #restarts = 0;
  /** The worker of this life, from the grant on. */
  #workerId: number | undefined;
  #isAcquiring = false;
  /** It is to end as soon as its constructor is through. */
  #endReason: string | undefined;

  constructor(maxRestarts: number, sink: ActorLifeSink<C>) {
    this.#maxRestarts = maxRestarts;
    this.#sink = sink;
  }

  get state(): ActorState {
    return this.#state;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get workerId(): number | undefined {
    return this.#workerId;
  }

  /** The constructor's arguments are there. */
  begin(): void {
    const isNew = this.#state === "pending" && this.#workerId === undefined;
    if (isNew && !this.#isAcquiring) this.#acquire();
  }

  #acquire(): void {
    this.#isAcquiring = true;
    this.#sink.acquire();
  }

  granted(leaseId: number, workerId: number): void {
    if (!this.#isAcquiring) {
      this.#sink.giveBack(leaseId);
      return;
    }
    this.#isAcquiring = false;
    this.#workerId = workerId;
    this.#sink.construct(workerId, this.#incarnation, leaseId);
  }

  constructed(): void {
    if (!this.#isStarting || this.#workerId === undefined) return;
    this.#move("alive", undefined);
    if (this.#endReason !== undefined) this.end(this.#endReason);
  }

  /** The constructor threw, or cannot be run: no worker, a name that is taken, a late end. */
  creationFailed(): void {
    if (!this.#isStarting) return;
    this.#stopAcquiring();
    this.#killWorker("the creation of its actor has failed");
    this.#die({ kind: "creation" });
  }

  /** The worker of a life has ended. */
  workerGone(workerId: number, cause: C): void {
    if (workerId !== this.#workerId) return;
    this.#workerId = undefined;
    if (this.#state === "ending") {
      this.#die({ kind: "ended", reason: this.#endReason! });
    } else if (this.#endReason !== undefined) {
      this.#die({ kind: "ended", reason: this.#endReason });
    } else if (this.#restarts >= this.#maxRestarts) this.#die({ kind: "crashed", cause });
    else {
      this.#restarts++;
      this.#incarnation++;
      this.#move("restarting", { kind: "crashed", cause });
      this.#acquire();
    }
  }

  /** Ends it as soon as it can: what has been sent to it is done first. */
  end(reason: string): void {
    if (this.#state === "ending" || this.#state === "dead") return;
    this.#endReason ??= reason;
    if (this.#state === "alive") {
      this.#move("ending", undefined);
      this.#sink.finish(this.#workerId!, this.#incarnation);
    } else if (this.#workerId === undefined) {
      this.#stopAcquiring();
      this.#die({ kind: "ended", reason: this.#endReason });
    }
  }

  /** It did not end in time. */
  graceOver(): void {
    if (this.#state === "ending") this.#killWorker("its actor did not end in time");
  }

  /** Ends it now, whatever it does. */
  kill(reason: string): void {
    if (this.#state === "dead") return;
    this.#stopAcquiring();
    this.#killWorker(reason);
    this.#die({ kind: "ended", reason });
  }

  get #isStarting(): boolean {
    return this.#state === "pending" || this.#state === "restarting";
  }

  #stopAcquiring(): void {
    if (!this.#isAcquiring) return;
    this.#isAcquiring = false;
    this.#sink.withdraw();
  }

  #killWorker(reason: string): void {
    if (this.#workerId === undefined) return;
    this.#sink.killWorker(this.#workerId, reason);
  }

  #die(end: ActorEnd<C>): void {
    this.#workerId = undefined;
    this.#move("dead", end);
  }

  #move(to: ActorState, end: ActorEnd<C> | undefined): void {
    if (!TRANSITIONS[this.#state].includes(to)) {
      throw new Error(`Cannot move actor from ${this.#state} to ${to}`);
    }
    this.#state = to;
    this.#sink.changed(to, end);
  }

  /** Throws if two fields disagree. */
  validate(): void {
    const hasWorker = this.#workerId !== undefined;
    const isSettled = this.#state === "alive" || this.#state === "ending";
    const isWrong =
      (isSettled && !hasWorker) ||
      (this.#state === "dead" && (hasWorker || this.#isAcquiring)) ||
      (hasWorker && this.#isAcquiring) ||
      (this.#state === "restarting" && !hasWorker && !this.#isAcquiring) ||
      this.#incarnation !== this.#restarts + 1 ||
      this.#restarts > this.#maxRestarts;
    if (isWrong) {
      throw new Error(
        `Cannot have actor ${this.#state}: worker ${this.#workerId}, ` +
          `${this.#isAcquiring ? "" : "not "}acquiring, incarnation ${this.#incarnation}`,
      );
    }
  }
}
