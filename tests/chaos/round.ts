/** One round: a program runs while it is attacked, and what came of it is looked at. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { rootDirectory } from "../../tools/run.ts";
import { Sandbox } from "../support/sandbox.ts";
import { Attacker } from "./attacks.ts";
import { countEffects } from "./programs/effects.ts";
import type { RoundKind } from "./rounds.ts";
import { Chance } from "../support/chance.ts";

const RUN_SECONDS = 3;
/** Attacks begin when the program has started, and at some moment of what it does. */
const WAIT_MS_MAX = 1_500;
/** Far beyond what a program takes that does not hang, on a busy machine. */
const PATIENCE_MS = 60_000;

export interface RoundResult {
  /** Undefined if all is as it should be. */
  readonly violation: string | undefined;
  /** What was done to the processes, and when. */
  readonly done: readonly string[];
  /** The last line that the program has printed. */
  readonly said: string;
}

export async function playRound(kind: RoundKind, seed: number): Promise<RoundResult> {
  const random = new Chance(seed);
  const sandbox = new Sandbox();
  const effects = sandbox.newPath();
  writeFileSync(effects, "");
  const run = new Run(sandbox, kind, [String(seed), String(RUN_SECONDS), effects]);
  const attacker = new Attacker(sandbox, random);
  const waitMs = random.between(0, WAIT_MS_MAX);
  const intervalMs = random.between(...kind.intervalMs);
  const attacking = attacker.run({ ...kind, intervalMs, waitMs });
  if (kind.killsDriver === true) {
    await delay(random.between(WAIT_MS_MAX, WAIT_MS_MAX + RUN_SECONDS * 1_000));
    run.child.kill("SIGKILL");
  }
  const complaints = [await run.end()];
  attacker[Symbol.dispose]();
  await attacking;
  complaints.push(moreThanOnce(effects), await leftBehind(sandbox));
  const found = complaints.filter((complaint) => complaint !== undefined);
  const violation = found.length === 0 ? undefined : found.join("\n");
  return { violation, done: attacker.done, said: run.lastLine };
}

class Run {
  readonly child: ChildProcess;
  readonly #kind: RoundKind;
  readonly #ended: Promise<unknown[]>;
  #stdout = "";
  #stderr = "";

  constructor(sandbox: Sandbox, kind: RoundKind, args: readonly string[]) {
    const { program } = kind;
    const all = program.startsWith("examples/") ? kind.args : [...args, ...kind.args];
    this.#kind = kind;
    this.child = spawn(
      process.execPath,
      ["--import", "tsx", resolve(rootDirectory, program), ...all],
      {
        cwd: rootDirectory,
        env: { ...process.env, ...sandbox.env },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    if (this.child.pid !== undefined) sandbox.started(this.child.pid);
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.#ended = once(this.child, "close");
  }

  /** What is wrong with how it has ended. */
  async end(): Promise<string | undefined> {
    const patience = new AbortController();
    const isLate = delay(PATIENCE_MS, true, { signal: patience.signal }).catch(() => false);
    const late = await Promise.race([isLate, this.#ended.then(() => false)]);
    patience.abort();
    if (late) this.child.kill("SIGKILL");
    await this.#ended;
    if (late) return `it hangs: it ran still after ${PATIENCE_MS} ms\n${this.#output()}`;
    const { exitCode, signalCode } = this.child;
    if (this.#kind.killsDriver === true && signalCode === "SIGKILL") return undefined;
    if (exitCode === 0 || this.#kind.mayFailWith?.test(this.#stderr) === true) return undefined;
    return `it ended with ${signalCode ?? exitCode}\n${this.#output()}`;
  }

  get lastLine(): string {
    return this.#stdout.trimEnd().split("\n").at(-1)!;
  }

  #output(): string {
    return `${this.#stdout}${this.#stderr}`.trimEnd();
  }
}

/** FAILURES.md: at most once without retries, whatever has died. */
function moreThanOnce(effects: string): string | undefined {
  const doubled = [...countEffects(effects)].filter(([line, count]) => {
    return line.startsWith("once ") && count > 1;
  });
  if (doubled.length === 0) return undefined;
  const text = doubled.map(([line, count]) => `${line}: ${count} times`);
  return `more often than once without retries: ${text.join(", ")}`;
}

async function leftBehind(sandbox: Sandbox): Promise<string | undefined> {
  try {
    await sandbox[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
