/** What a run of Mobula leaves behind: processes that outlive it, session folders nobody uses. */

import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const MARK = "MOBULA_LEAK_MARK";
/** The kernel needs a moment to end what was killed. */
const PROCESS_GRACE_MS = 3_000;
/**
 * Daemons need one to remove their files. Shared memory is one for all: tests that run beside this
 * leave folders there on purpose, until their next program takes them away.
 */
const FOLDER_GRACE_MS = 10_000;
const RETRY_MS = 100;

/**
 * Create it before the run, give `mark` to the run's environment, ask `find` after it. Processes
 * are known by the mark they inherit; folders by not having been there before, while the program
 * that made them has ended. Linux only: elsewhere finds nothing.
 */
export class LeakCheck {
  readonly mark: Readonly<Record<typeof MARK, string>> = { [MARK]: randomUUID() };
  readonly #sessionsBefore = new Set(sessionFolders());

  /** What is still there after the grace period, one line each. */
  async find(): Promise<string[]> {
    if (process.platform !== "linux") return [];
    const beganMs = performance.now();
    for (;;) {
      const [processes, folders] = [this.#processes(), this.#folders()];
      const graceMs = processes.length > 0 ? PROCESS_GRACE_MS : FOLDER_GRACE_MS;
      const isOver = performance.now() - beganMs > graceMs;
      if (isOver || processes.length + folders.length === 0) return [...processes, ...folders];
      await delay(RETRY_MS);
    }
  }

  #processes(): string[] {
    const entry = `${MARK}=${this.mark[MARK]}`;
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => readProc(pid, "environ").split("\0").includes(entry))
      .filter((pid) => !/^State:\s+Z/m.test(readProc(pid, "status")))
      .map((pid) => `process ${pid}: ${readProc(pid, "cmdline").replaceAll("\0", " ").trim()}`);
  }

  #folders(): string[] {
    return sessionFolders()
      .filter((folder) => !this.#sessionsBefore.has(folder) && !isInUse(folder))
      .map((folder) => `folder ${folder}`);
  }
}

/** Whether the process lives that has made the folder. */
function isInUse(folder: string): boolean {
  const pid = /^\d+/.exec(readOrEmpty(join(folder, "owner")))?.[0];
  return pid !== undefined && readProc(pid, "stat") !== "";
}

/** The text is empty if the process is gone or belongs to somebody else. */
function readProc(pid: string, file: string): string {
  return readOrEmpty(`/proc/${pid}/${file}`);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // gone, or not ours
  }
}

function sessionFolders(): string[] {
  const parent = `mobula-${userInfo().uid}`;
  return ["/dev/shm", process.env["XDG_RUNTIME_DIR"], tmpdir()]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => listFolder(join(folder, parent)));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return []; // no Mobula has run here yet
  }
}
