/**
 * The directories of one session, `<base>/mobula-<uid>/<session>`, mode 0700: with its sockets,
 * and with its stored objects, in memory and on disk.
 *
 * A socket's path may have 107 bytes; Node cuts longer ones silently. Where the directory's path
 * is too long the sockets are addressed through an open descriptor of it.
 */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { EnvironmentSetupError } from "../base/errors.ts";

const SOCKET_PATH_BYTES_MAX = 107;
/** "/4294967295.sock" */
const SOCKET_NAME_BYTES_MAX = 16;

/** What can be done about a directory that cannot be made. */
const SET_TMPDIR = "set TMPDIR to a directory that this user may write to";

/**
 * Makes the directory, unless it is there, and removes those of sessions whose processes are all
 * gone. Throws EnvironmentSetupError.
 */
export function createSessionDirectory(
  sessionId: string,
  base = os.tmpdir(),
  advice = SET_TMPDIR,
): string {
  const parent = parentIn(base);
  const directory = path.join(parent, sessionId);
  try {
    makePrivate(parent, directory);
    removeAbandoned(parent);
    markOwner(directory);
    return directory;
  } catch (error) {
    if (fs.existsSync(directory)) removeSessionDirectory(directory);
    throw new EnvironmentSetupError(
      `Cannot make the session's directory ${directory}: ${(error as Error).message}; ${advice}`,
      { directory },
      error,
    );
  }
}

function makePrivate(parent: string, directory: string): void {
  const temporary = path.dirname(parent);
  // Where it exists, `recursive` would say ENOENT for what is not allowed or read-only.
  if (!fs.existsSync(temporary)) fs.mkdirSync(temporary, { recursive: true });
  for (;;) {
    makeUnlessThere(parent);
    try {
      assertPrivate(parent);
      makeUnlessThere(directory);
      return;
    } catch (error) {
      // Another session has ended, the last one, and has removed the parent.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}

function makeUnlessThere(directory: string): void {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function assertPrivate(parent: string): void {
  const found = fs.lstatSync(parent);
  const isOwn = process.getuid === undefined || found.uid === process.getuid();
  if (!found.isDirectory() || !isOwn || (found.mode & 0o077) !== 0) {
    throw new Error(`${parent} is open to other users or belongs to one`);
  }
}

/** Names the process that made the session, so that a later one can tell whether it lives. */
const OWNER_FILE = "owner";

function markOwner(directory: string): void {
  const mark = `${process.pid} ${startTimeOf(process.pid) ?? ""} ${pidNamespace()}`;
  fs.writeFileSync(path.join(directory, OWNER_FILE), mark, { mode: 0o600 });
}

/** What a power cut or two simultaneous kills left behind. */
function removeAbandoned(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const directory = path.join(parent, name);
    const mark = readIfThere(path.join(directory, OWNER_FILE));
    if (mark === undefined) continue;
    if (!isOver(readMark(mark))) continue;
    try {
      fs.rmSync(directory, { recursive: true, force: true });
    } catch (error) {
      // Its daemon, or another program that starts, removes it as well; or a worker of it, which is
      // about to end, has made another file: then the next one that starts removes that.
      if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "ENOENT") throw error;
    }
  }
}

/** The process that has made a session. */
interface OwnerMark {
  readonly pid: number;
  readonly startTime: string | undefined;
  readonly namespace: string;
}

function readMark(mark: string): OwnerMark {
  const [pid, startTime, namespace = ""] = mark.split(" ");
  return { pid: Number(pid), startTime: startTime === "" ? undefined : startTime, namespace };
}

function isOver({ pid, startTime, namespace }: OwnerMark): boolean {
  // Another container that shares the directory: its processes cannot be seen from here.
  if (namespace !== pidNamespace()) return false;
  return startTimeOf(pid) !== startTime;
}

/** A session of this user. */
export interface Session {
  readonly sessionId: string;
  readonly directory: string;
  readonly driverPid: number;
}

/** Sessions whose programs live, or may live. */
export function findSessions(base = os.tmpdir()): Session[] {
  const parent = parentIn(base);
  return namesIn(parent).flatMap((sessionId) => {
    const directory = path.join(parent, sessionId);
    const mark = readIfThere(path.join(directory, OWNER_FILE));
    if (mark === undefined || isOver(readMark(mark))) return [];
    return [{ sessionId, directory, driverPid: readMark(mark).pid }];
  });
}

/** None if it is not there, or has just gone with its last session. */
function namesIn(parent: string): string[] {
  try {
    return fs.readdirSync(parent).sort();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return [];
  }
}

function parentIn(base: string): string {
  return path.join(base, `mobula-${process.getuid?.() ?? "user"}`);
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ESRCH"].includes(codeOf(error)!)) return undefined;
    throw error;
  }
}

/** Process numbers mean something only within it; empty where the system has none. */
function pidNamespace(): string {
  try {
    return fs.readlinkSync("/proc/self/ns/pid");
  } catch {
    // No /proc: then there are no such namespaces either.
    return "";
  }
}

/** When the process started, in clock ticks since boot; tells a process from a later one. */
function startTimeOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces; the state is field 3, the start time field 22.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended, however long its parent takes to notice.
  return fields?.[0] === "Z" || fields?.[0] === "X" ? undefined : fields?.[19];
}

export function removeSessionDirectories(directories: Iterable<string>): void {
  for (const directory of directories) removeSessionDirectory(directory);
}

function removeSessionDirectory(directory: string): void {
  fs.rmSync(directory, { recursive: true, force: true });
  try {
    fs.rmdirSync(path.dirname(directory));
  } catch (error) {
    // Other sessions are in it, or have removed it.
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "ENOENT") throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Addresses of sockets in a directory, however long its path is. */
export class SocketAddresses {
  readonly #directory: string;

  constructor(directory: string) {
    const sizeBytes = Buffer.byteLength(directory) + SOCKET_NAME_BYTES_MAX;
    if (sizeBytes <= SOCKET_PATH_BYTES_MAX) this.#directory = directory;
    else if (fs.existsSync("/proc/self/fd")) {
      // Open for as long as the process lives: the descriptor is part of every address.
      const descriptor = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      this.#directory = `/proc/self/fd/${descriptor}`;
    } else {
      throw new EnvironmentSetupError(
        `Cannot use directory ${directory} for sockets: its path has ${sizeBytes} bytes, ` +
          `at most ${SOCKET_PATH_BYTES_MAX} fit; set TMPDIR to a shorter one`,
        { directory },
      );
    }
  }

  of(process: number | "daemon"): string {
    return `${this.#directory}/${process}.sock`;
  }
}
