/** Lines of stacks: which of them are the user's, and where in the user's own files they point. */

import { findSourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { packageUrl, PROGRAM_NAMES } from "../closure/package-files.ts";

const FRAME = /^\s+at /;
/** What the position of a frame is made of: file, line, column. */
const POSITION = /(file:\/\/[^\s()]+?):(\d+):(\d+)(?=\)?$)/;

/** In the frames of the package's own code, which say nothing to users. */
const OWN_CODE: readonly string[] = [...ownFolders(), ...Object.values(PROGRAM_NAMES)];
/** In the frames of Node's code. */
const NODE_CODE = /(?:at |at async |\()node:/;
/** In those that only carry on with what was awaited. */
const TURN_CODE = /\(node:internal\/(?:process|timers)/;

/** As file URL and as path: with source maps, Node prints paths, and those of the sources. */
function ownFolders(): string[] {
  if (packageUrl === undefined) return [];
  const folders = new Set([packageUrl, packageUrl.replace(/\/dist\/$/, "/src/")]);
  return [...folders].flatMap((url) => [url, fileURLToPath(url)]);
}

/** What is longer was not made by Node. */
const STACK_CHARS_MAX = 256 * 1024;

export function isFrame(line: string): boolean {
  return FRAME.test(line);
}

/**
 * The stack as the user's program would have printed it had the body run there: without the
 * runtime's lines, and without those of Node that led to the body. `message` may have lines that
 * look like frames.
 */
export function userStack(stack: string, message = ""): string {
  if (stack.length > STACK_CHARS_MAX) return stack;
  const at = message === "" ? -1 : stack.indexOf(message);
  const headLength = at < 0 ? 0 : at + message.length;
  const lines = stack.slice(headLength).split("\n");
  const kept: string[] = [];
  let isUsersBelow = false;
  for (const line of lines.reverse()) {
    if (!isFrame(line)) isUsersBelow = false;
    else if (OWN_CODE.some((text) => line.includes(text))) continue;
    else if (NODE_CODE.test(line)) {
      // What a body calls of Node stays, as in local stacks.
      if (!isUsersBelow || TURN_CODE.test(line)) continue;
    } else isUsersBelow = true;
    kept.push(isFrame(line) ? inUsersFile(line) : line);
  }
  return stack.slice(0, headLength) + kept.reverse().join("\n");
}

/**
 * A body that was sent as text is compiled without a source map. Where Node maps the stacks of this
 * process, the line is mapped here, unless its position is already one of the source.
 */
function inUsersFile(line: string): string {
  return line.replace(POSITION, (_all, spelled: string, row: string, column: string) => {
    // Code whose positions are mapped goes by another spelling of its file's name.
    const url = spelled.replace(/\/\.\/(?=[^/]*$)/, "/");
    const asGiven = `${url}:${row}:${column}`;
    if (!process.sourceMapsEnabled) return asGiven;
    const entry = findSourceMap(url)?.findEntry(Number(row) - 1, Number(column) - 1);
    if (entry === undefined || !("originalSource" in entry) || isSame(entry.originalSource, url)) {
      return /\.[cm]?tsx?$/.test(url) ? `${pathOf(url)}:${row}:${column}` : asGiven;
    }
    const { originalSource, originalLine, originalColumn } = entry;
    return `${pathOf(originalSource)}:${originalLine + 1}:${originalColumn + 1}`;
  });
}

function isSame(source: string, url: string): boolean {
  return pathOf(source) === pathOf(url);
}

/** As Node prints the files of mapped frames. */
function pathOf(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}
