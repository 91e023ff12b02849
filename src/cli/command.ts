/** What a command of `mobula` is. A new one: a file like `memory.ts`, and a line in `main.ts`. */

import type { ParseArgsConfig } from "node:util";

export interface Output {
  out(text: string): void;
  error(text: string): void;
}

/** What was given on the command line, by option. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface Command {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What `--help` says. */
  readonly help: string;
  /** `--help` is understood by all. */
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** Whether it is given more than options: `mobula list actors`. */
  readonly takesOperands: boolean;
  /** Returns the exit code. Throws UsageError. */
  run(values: OptionValues, operands: readonly string[], output: Output): Promise<number>;
}

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
