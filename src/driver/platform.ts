/** Says at the start, in one sentence, where Mobula cannot run. */

import { EnvironmentSetupError } from "../base/errors.ts";

/** What is looked at; given in, so that each case can be tested. */
export interface Platform {
  readonly os: string;
  /** Of Node and of what poses as it: `process.versions`. */
  readonly versions: Readonly<Record<string, string | undefined>>;
  /** Node's permission model is on. */
  readonly isRestricted: boolean;
}

export function currentPlatform(): Platform {
  const versions: Readonly<Record<string, string | undefined>> = process.versions;
  const isRestricted = (process as { permission?: unknown }).permission !== undefined;
  return { os: process.platform, versions, isRestricted };
}

const NODE_MIN = [20, 19] as const;

/** Throws EnvironmentSetupError if the runtime cannot work here. */
export function checkPlatform({ os, versions, isRestricted }: Platform): void {
  const reason = reasonAgainst(os, versions, isRestricted);
  if (reason !== undefined) {
    throw new EnvironmentSetupError(`Cannot start Mobula: ${reason}`, { platform: os });
  }
}

function reasonAgainst(
  os: string,
  versions: Platform["versions"],
  isRestricted: boolean,
): string | undefined {
  if (versions["bun"] !== undefined) return "it does not run on Bun; start the program with Node";
  if (versions["deno"] !== undefined) return "it does not run on Deno; start the program with Node";
  if (os === "win32") return "it does not run on Windows; use Linux, macOS, WSL or a container";
  const [major = 0, minor = 0] = (versions["node"] ?? "").split(".").map(Number);
  if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
    return `Node ${versions["node"]} is too old; use ${NODE_MIN.join(".")} or newer`;
  }
  if (isRestricted) {
    return (
      "Node's permission model (--permission) keeps it from starting workers and from reading " +
      "captured variables; start the program without it"
    );
  }
  return undefined;
}
