/** A lease as its holder sees it: what is in flight on it, and whether its worker gets on. */

import type { Board } from "./board.ts";
import type { SchedulingClass, Task } from "./scheduling-class.ts";
import { TaskLine } from "./task-line.ts";

export class HeldLease {
  readonly leaseId: number;
  readonly workerId: number;
  readonly schedulingClass: SchedulingClass;
  readonly #board: Board;
  readonly #line = new TaskLine();
  #canClaim = false;
  /** It has brought something, or had nothing to bring, since it was looked at last. */
  #hasMoved = true;
  inFlight = 0;
  inFlightUs = 0;
  /** A task is in flight that is not known to be short: nothing is queued behind it. */
  isOccupied = false;
  /** It has brought nothing for a while: nothing more is pushed until it does. */
  isStalled = false;
  /** From then on nothing is pushed and the lease goes back when it is empty. */
  reclaimAtMs = Infinity;
  idleSinceMs = 0;
  /** Children that a finished task has left behind still run in the worker. */
  isBlocked = false;

  constructor(leaseId: number, workerId: number, schedulingClass: SchedulingClass, board: Board) {
    this.leaseId = leaseId;
    this.workerId = workerId;
    this.schedulingClass = schedulingClass;
    this.#board = board;
  }

  /** The worker claims on the board what it starts: what has not begun can be taken back. */
  get canClaim(): boolean {
    this.#canClaim ||= this.#board.hasSignedOn(this.workerId);
    return this.#canClaim;
  }

  /** A task may be pushed behind others. */
  get takesQueued(): boolean {
    return this.canClaim && this.#board.hasRoom;
  }

  /** Nothing was in flight, and something is in its way all the same. */
  get isHeldUp(): boolean {
    return this.isBlocked || (this.isStalled && this.inFlight === 0);
  }

  /** The task is pushed; `isShort`: others may be queued behind it. */
  add(task: Task, isShort: boolean): void {
    this.#line.push(task);
    if (this.inFlight++ === 0) this.#hasMoved = true;
    this.inFlightUs += task.expectedUs;
    if (!isShort) this.isOccupied = true;
  }

  remove(task: Task): void {
    this.#line.remove(task);
    this.inFlightUs -= task.expectedUs;
    if (--this.inFlight === 0) this.isOccupied = false;
  }

  /** What is in flight, in the order in which it was pushed. */
  tasks(): Task[] {
    return this.#line.toArray();
  }

  /** The worker gets on. */
  moves(): void {
    this.#hasMoved = true;
    this.isStalled = false;
  }

  /** Whether it has brought nothing since it was looked at before, although it should have. */
  look(): "idle" | "moves" | "stalls" {
    if (this.inFlight === 0 || this.isStalled) return "idle";
    if (!this.#hasMoved) return "stalls";
    this.#hasMoved = false;
    return "moves";
  }

  /** Throws if two fields disagree. */
  validate(): void {
    const inLine = this.tasks().filter((task) => task.lease === this).length;
    if (inLine === this.inFlight && !(this.isOccupied && this.inFlight === 0)) return;
    throw new Error(
      `Cannot have ${this.inFlight} tasks on lease ${this.leaseId}: ${inLine} are in line`,
    );
  }
}
