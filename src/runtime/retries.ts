/**
 * The tasks of this process that have failed and may run again: asks what the user has to say
 * about it, and waits for as long as `core/retries.ts` says.
 */

import type { Clock } from "../base/clock.ts";
import { CallDepthError, MobulaError } from "../base/errors.ts";
import { RETRY_DELAY_MS } from "../base/limits.ts";
import { backOffMs } from "../core/retries.ts";
import type { Content } from "./object-record.ts";
import type { Objects } from "./objects.ts";
import { textOf } from "./remote-error-parts.ts";
import type { RemoteTask, ShouldRetry } from "./remote-task.ts";
import { outsideTasks } from "./task-scope.ts";

export interface RetriesContext {
  readonly clock: Clock;
  readonly objects: Objects;
  /** From 0 to 1. */
  readonly random: () => number;
  /** It runs again as soon as there is room. */
  readonly ready: (task: RemoteTask) => void;
  /** It does not run again. */
  readonly giveUp: (task: RemoteTask, content: Content) => void;
}

export class Retries {
  readonly #context: RetriesContext;
  /** Nobody else knows of them. Until they are ready, or over: cancelled, for instance. */
  readonly #undecided = new Set<RemoteTask>();

  constructor(context: RetriesContext) {
    this.#context = context;
  }

  /** Tasks that neither run nor stand in a queue. */
  get undecided(): readonly RemoteTask[] {
    return [...this.#undecided];
  }

  /** The task has been taken back; it runs again: `firstMs` after its first failure. */
  later(task: RemoteTask, failure: string, firstMs = RETRY_DELAY_MS): void {
    task.failures.push(failure);
    const { clock, random } = this.#context;
    const delayMs = backOffMs(task.failures.length, random(), firstMs);
    this.#undecided.add(task);
    const timer = outsideTasks(() =>
      clock.setTimeout(() => {
        this.#undecided.delete(task);
        this.#context.ready(task);
      }, delayMs),
    );
    task.whenAttemptOver(() => {
      clock.clearTimeout(timer);
      this.#undecided.delete(task);
    });
  }

  /** The task has been taken back: `shouldRetry` says whether it runs again. */
  ask(task: RemoteTask, failure: Content, shouldRetry: ShouldRetry): void {
    this.#undecided.add(task);
    task.whenAttemptOver(() => this.#undecided.delete(task));
    this.#decide(task, failure, shouldRetry).catch((error: unknown) => {
      this.#giveUp(task, { kind: "error", error });
    });
  }

  /** What the body threw is read here, as whoever awaits it would. */
  async #decide(task: RemoteTask, failure: Content, shouldRetry: ShouldRetry): Promise<void> {
    const thrown = await this.#context.objects.thrownBy(failure, task.results[0]!.site);
    // The next run would be as deep, and its calls, tried again each, would be without number.
    const isHopeless = thrown instanceof CallDepthError;
    const isTransient = !isHopeless && (await decisionOf(task.name, shouldRetry, thrown));
    // It may have been cancelled meanwhile.
    if (!this.#undecided.has(task)) return;
    if (isTransient) this.later(task, textOf(thrown));
    else this.#giveUp(task, { kind: "error", error: thrown });
  }

  #giveUp(task: RemoteTask, content: Content): void {
    if (this.#undecided.delete(task)) this.#context.giveUp(task, content);
  }
}

/** Rejects if the user's own code throws instead of deciding. */
async function decisionOf(
  name: string,
  shouldRetry: ShouldRetry,
  thrown: unknown,
): Promise<boolean> {
  try {
    return Boolean(await shouldRetry(thrown));
  } catch (error) {
    throw new MobulaError(
      `Cannot decide whether to run task ${name} again after ${textOf(thrown)}: ` +
        `retryExceptions threw ${textOf(error)}; let it return true or false`,
      { failure: thrown },
      error,
    );
  }
}
