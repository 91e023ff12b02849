/**
 * Bugs of the usual kinds, planted into copies of the sources: the simulator has to find each. A
 * bug is a piece of a source file, and what stands there instead.
 */

export interface PlantedBug {
  readonly what: string;
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    what: "a lost release: who lets go of a borrowed object does not tell its owner",
    file: "core/ownership.ts",
    right: "      this.#sink.release(borrowed.ownerId, key, borrowed.grants, this.#selfId);\n",
    wrong: "",
  },
  {
    what: "a release too many: one that crosses a new hand-out takes that away as well",
    file: "core/borrower-counts.ts",
    right: "if (count > grants) borrowers.set(borrowerId, count - grants);",
    wrong: "if (count < grants) borrowers.set(borrowerId, count - grants);",
  },
  {
    what: "a doubled run: a worker runs also what was taken back",
    file: "runtime/claims.ts",
    right: "return words === undefined || claim(words, posting);",
    wrong: "return words === undefined || claim(words, posting) || true;",
  },
  {
    what: "a retry too many",
    file: "runtime/remote-task.ts",
    right: "this.failures.length < this.options.maxRetries",
    wrong: "this.failures.length <= this.options.maxRetries",
  },
  {
    what: "a forgotten timer: a task that failed never runs again",
    file: "runtime/retries.ts",
    right: "        this.#context.ready(task);\n      }, delayMs),",
    wrong: "      }, delayMs),",
  },
  {
    what: "a timer that lives on after the call that it was for",
    file: "runtime/cancelling.ts",
    right: "call.whenAttemptOver(() => deadline.callOff());",
    wrong: "call.whenOver(() => undefined);",
  },
  {
    what: "a lost lease: idle ones are forgotten instead of given back",
    file: "runtime/submitter.ts",
    right: "    this.#context.daemon.returnLease(lease.leaseId);\n",
    wrong: "",
  },
  {
    what: "resources of a dead worker's leases that stay taken",
    file: "core/leases.ts",
    right: "      if (lease.workerId === workerId) this.#end(lease.leaseId, nowMs);\n",
    wrong: "",
  },
  {
    what: "calls of an actor that overtake one another",
    file: "core/actor-calls.ts",
    right: "for (let call = line.first(); call !== undefined; call = line.first()) {",
    wrong: "for (let call = line.last(); call !== undefined; call = line.last()) {",
  },
  {
    what: "a consumer that does not say what it has read",
    file: "runtime/stream-inbox.ts",
    right: "    this.ports.consumed(this.#consumed);\n",
    wrong: "",
  },
  {
    what: "calls in flight that are forgotten when their worker dies",
    file: "runtime/runtime.ts",
    right: "    this.actors.workerGone(exit);\n",
    wrong: "",
  },
  {
    what: "a stored file that nobody removes",
    file: "runtime/segments.ts",
    right: "else if (!this.#returnToMaker(owned)) this.#store.free(owned);",
    wrong: "else this.#returnToMaker(owned);",
  },
  {
    what: "a result that is taken for another's",
    file: "runtime/calls.ts",
    right: "objects.settle(results[i]!, contents[i]!)",
    wrong: "objects.settle(results[i]!, contents[0]!)",
  },
  {
    what: "a worker whose end for its memory is still waited for when it is gone",
    file: "daemon/worker-watch.ts",
    right: "    this.#memory?.gone(workerId);\n",
    wrong: "",
  },
  {
    what: "a cancel that a queued task does not hear of",
    file: "core/tasks.ts",
    right: "      task.schedulingClass.queue.withdraw();\n",
    wrong: "",
  },
  {
    what: "a queue that does not tell who waits at it that an item has come",
    file: "util/bounded-queue.ts",
    right: "      this.#putters.push(putter);\n      this.#advance();\n",
    wrong: "      this.#putters.push(putter);\n",
  },
];
