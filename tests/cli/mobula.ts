/** Runs the program `mobula`. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import type { Sandbox } from "../support/sandbox.ts";
import { within } from "../support/within.ts";

const cli = join(import.meta.dirname, "../../dist/cli/mobula.js");

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function mobula(sandbox: Sandbox, ...args: string[]): Promise<CliResult> {
  const ended = new Promise<CliResult>((resolve) => {
    const env = { ...process.env, ...sandbox.env };
    execFile(process.execPath, [cli, ...args], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
  return within(ended, `mobula ${args.join(" ")} has not ended`);
}

/** Process ids by name, and columns whatever their width. */
export function named(text: string, names: Readonly<Record<string, string | number>>): string {
  const entries = Object.entries(names);
  const replaced = entries.reduce((all, [name, id]) => all.replaceAll(String(id), name), text);
  return replaced.replaceAll(/ {2,}/g, "  ");
}

export const NOBODY = "No Mobula program of this user is running, or it has another TMPDIR\n";
