/** Runs one case: its contenders side by side, round after round. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { Child, ROUND_TIMEOUT_MS, Skipped } from "./child.ts";
import { judge } from "./stats.ts";
import type { Case, ContenderName, Figures, Report, Result } from "./types.ts";

export interface RunOptions {
  readonly rounds: number;
  /** Folder of the transpiled bench. */
  readonly build: URL;
  /** Only these, where the case has them; everyone if empty. */
  readonly contenders: readonly string[];
  /** Called with what goes on, for a person to read. */
  readonly log: (line: string) => void;
}

/** One contender over all rounds. A failure ends its part; the others go on. */
class Entry {
  readonly contender: ContenderName;
  readonly #case: Case;
  readonly #options: RunOptions;
  readonly #rounds: Figures[] = [];
  #child: Child | undefined;
  #note: string | undefined;

  constructor(contender: ContenderName, chosen: Case, options: RunOptions) {
    this.contender = contender;
    this.#case = chosen;
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#guard(async () => {
      this.#child ??= await Child.start(this.contender, this.#case.name, this.#options.build);
    });
  }

  async round(): Promise<void> {
    await this.start();
    await this.#guard(async () => {
      const timeoutMs = this.#case.roundTimeoutMs ?? ROUND_TIMEOUT_MS;
      const figures = await this.#child?.round(timeoutMs);
      if (figures !== undefined) this.#rounds.push(figures);
    });
    if (this.#case.freshProcess === true) await this.close();
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.close();
  }

  result(): Result {
    const columns = this.#case.figures.map(({ name }) => {
      const column = this.#rounds.map((round) => round[name]);
      return [name, column.filter((value) => value !== undefined)] as const;
    });
    const samples = Object.fromEntries(columns);
    const { contender } = this;
    return this.#note === undefined
      ? { contender, samples }
      : { contender, samples, note: this.#note };
  }

  async #guard(act: () => Promise<void>): Promise<void> {
    if (this.#note !== undefined) return;
    try {
      await act();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#note = error instanceof Skipped ? `skipped: ${reason}` : `failed: ${reason}`;
      this.#options.log(`  ${this.contender} ${this.#note}`);
      await this.close();
    }
  }
}

export async function runCase(chosen: Case, options: RunOptions): Promise<Report> {
  const startedAt = new Date().toISOString();
  const entries = chosen.contenders
    .filter((name) => options.contenders.length === 0 || options.contenders.includes(name))
    .map((name) => new Entry(name, chosen, options));
  if (chosen.freshProcess !== true) for (const entry of entries) await entry.start();
  const rounds = Math.min(options.rounds, chosen.roundsMax ?? Infinity);
  for (let round = 0; round < rounds; round++) {
    options.log(`  round ${round + 1} of ${rounds}`);
    for (const entry of rotate(entries, round)) await entry.round();
  }
  for (const entry of entries) await entry.close();
  const results = entries.map((entry) => entry.result());
  const { name, what, figures } = chosen;
  const goals = judge(chosen, results);
  return { case: name, what, figures, rounds, startedAt, machine: machine(), results, goals };
}

/** Another one begins each round, so that nobody always follows the same neighbour. */
function rotate<T>(entries: readonly T[], by: number): T[] {
  const from = entries.length === 0 ? 0 : by % entries.length;
  return [...entries.slice(from), ...entries.slice(0, from)];
}

function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    linux: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
  };
}
