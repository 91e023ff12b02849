/** The programs that are started: the package's files, or what a bundle carries in their place. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { EnvironmentSetupError } from "../base/errors.ts";
import { packagePrograms, PROGRAM_NAMES, type ProcessPrograms } from "../closure/package-files.ts";
import { embeddedPrograms } from "./embedded-programs.ts";

/** `directory`: the session's, which ends with it. Throws EnvironmentSetupError. */
export function getPrograms(directory: string): ProcessPrograms {
  if (packagePrograms !== undefined) return packagePrograms;
  if (embeddedPrograms === undefined) {
    throw new EnvironmentSetupError(
      "Cannot start Mobula: neither its files nor what the build puts in their place are there; " +
        "bundle the package as published, or leave it external",
    );
  }
  const { daemon, worker } = embeddedPrograms;
  return {
    daemon: unpack(directory, PROGRAM_NAMES.daemon, daemon),
    worker: unpack(directory, PROGRAM_NAMES.worker, worker),
  };
}

function unpack(directory: string, name: string, compressed: string): string {
  const path = join(directory, `${name}.mjs`);
  writeFileSync(path, brotliDecompressSync(Buffer.from(compressed, "base64")), { mode: 0o600 });
  return path;
}
