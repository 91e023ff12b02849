/**
 * Finds near-duplicate text files below a folder: once on one core, once on all of them.
 *
 *   npm run demo                  searches node_modules
 *   npm run demo -- ~/documents   searches any folder
 *
 * Files are read and sketched one by one (near-duplicates/sketch.ts), which is all the work; the
 * sketches are then sorted into groups of similar ones (near-duplicates/groups.ts).
 */
import { isDeepStrictEqual } from "node:util";
import { fileURLToPath } from "node:url";
import { init, remote } from "mobula";
import { listFiles } from "./near-duplicates/files.ts";
import { findGroups } from "./near-duplicates/groups.ts";
import { printFindings, printTimes, withProgress } from "./near-duplicates/report.ts";
import type { Findings, Timed } from "./near-duplicates/report.ts";
import { sketchFile } from "./near-duplicates/sketch.ts";
import type { Sketch } from "./near-duplicates/sketch.ts";

type Progress = (done: number) => void;

/** On one core: a loop. */
async function sketchOnOneCore(files: readonly string[], progress: Progress): Promise<Sketch[]> {
  const sketches: Sketch[] = [];
  for (const file of files) {
    sketches.push(sketchFile(file));
    progress(sketches.length);
  }
  return sketches;
}

/** On all cores: the same function, made remote and mapped over the same files. */
async function sketchOnAllCores(files: readonly string[], progress: Progress): Promise<Sketch[]> {
  const sketchRemotely = remote(sketchFile);
  return await sketchRemotely.map(files, { onProgress: ({ done }) => progress(done) });
}

async function main(folder: string): Promise<void> {
  const listing = await listFiles(folder);
  const { files } = listing;
  if (files.length === 0) return console.log(`No files below ${folder}`);

  await init(); // Starts the workers; without it, the first remote call does.
  const search = (label: string, sketchAll: typeof sketchOnOneCore): Promise<Timed<Findings>> =>
    withProgress(label, files.length, async (progress) => {
      const sketches = await sketchAll(files, progress);
      return { sketches, groups: findGroups(sketches) };
    });
  const serial = await search("one core", sketchOnOneCore);
  const parallel = await search("all cores", sketchOnAllCores);

  if (!isDeepStrictEqual(serial.value, parallel.value)) {
    throw new Error("Cannot trust the result: one core and all cores found different things");
  }
  printFindings(folder, listing, parallel.value);
  printTimes(serial, parallel);
}

const folder = process.argv[2] ?? fileURLToPath(new URL("../node_modules", import.meta.url));
main(folder).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
