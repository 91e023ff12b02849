/**
 * Where this package's files are. A bundler may have put its code into the program's own file, in
 * another format even, or have kept the address that it had when it was bundled: then it has none.
 */

import { existsSync } from "node:fs";
import nodeModule from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Paths of the programs that the driver and the daemon start. */
export interface ProcessPrograms {
  readonly daemon: string;
  readonly worker: string;
}

/** Of the programs, wherever they are: frames of their stacks say nothing to users. */
export const PROGRAM_NAMES = { daemon: "mobula-daemon", worker: "mobula-worker" } as const;

const ownUrl = import.meta.url as string | undefined;
/** Whether this runs from source files, as tests do. */
export const isSource = ownUrl?.endsWith(".ts") === true;

const SOURCE_PROGRAMS = { daemon: "../daemon/main.ts", worker: "../worker/main.ts" };
const BUILT_PROGRAMS = {
  daemon: `../daemon/${PROGRAM_NAMES.daemon}.js`,
  worker: `../worker/${PROGRAM_NAMES.worker}.js`,
};

/** `undefined`: this code is part of a bundle. */
export const packagePrograms: ProcessPrograms | undefined = findPrograms();

function findPrograms(): ProcessPrograms | undefined {
  if (ownUrl?.startsWith("file:") !== true) return undefined;
  const { daemon, worker } = isSource ? SOURCE_PROGRAMS : BUILT_PROGRAMS;
  const programs = {
    daemon: fileURLToPath(new URL(daemon, ownUrl)),
    worker: fileURLToPath(new URL(worker, ownUrl)),
  };
  return existsSync(programs.worker) ? programs : undefined;
}

/** URL of the folder of this package's code. */
export const packageUrl = packagePrograms === undefined ? undefined : new URL("..", ownUrl).href;

/** Not imported by its name: webpack would give its own `require`, or none. */
export const { createRequire } = nodeModule;

/** Resolves as this package would, or in a bundle as the program would. */
export const ownRequire = createRequire(
  ownUrl?.startsWith("file:") === true ? ownUrl : pathToFileURL(join(process.cwd(), "_")).href,
);
