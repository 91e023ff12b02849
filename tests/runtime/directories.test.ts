/** Where a session keeps its files, and that programs do not meet. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Program, runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

const uid = process.getuid!();

/** Runs a task in each of two workers, then one that needs a link between workers. */
const busy = `
  import { put, remote } from "mobula";
  import { takePermit, announce } from "support/rendezvous.mjs";
  const { EVENTS, GO } = process.env;
  const id = (n) => n;
  const make = remote(() => [put([7])]);
  const open = remote(async ([ref]) => (await ref)[0]);
  const [stored] = await make();
  const hold = remote(async () => {
    announce(process.env.EVENTS, "held");
    await takePermit(process.env.GO);
  });
  const holders = [hold(), hold()];
  console.log("values", await open.options({ numCpus: 0 })([stored]));
  await Promise.all(holders);
`;

async function whileBusy(
  sandbox: Sandbox,
  look: (program: Program) => void | Promise<void>,
): Promise<void> {
  const [events, go] = [sandbox.events(), sandbox.permits()];
  const env = { EVENTS: events.path, GO: go.path };
  const program = new Program(sandbox, busy, { env });
  await program.printed(/values 7/);
  await events.take("held");
  await events.take("held");
  await look(program);
  go.give(2);
  const { exitCode, stderr } = await program.end();
  assert.deepEqual([exitCode, stderr], [0, ""]);
}

test("sockets lie in a directory of this user alone", async () => {
  await using sandbox = new Sandbox();
  await whileBusy(sandbox, () => {
    const sockets = sandbox.files().filter((file) => file.endsWith(".sock"));
    assert(sockets.length >= 3, sandbox.files().join());
    for (const file of sandbox.files()) {
      // A worker that is of no use any more takes its socket along.
      const stat = statSync(join(sandbox.temporaryDirectory, file), { throwIfNoEntry: false });
      if (stat?.isDirectory() === true) assert.equal(stat.mode & 0o777, 0o700, file);
    }
  });
});

for (const pathBytes of [60, 80, 107, 150, 250]) {
  test(`a temporary directory whose path has ${pathBytes} bytes`, async () => {
    await using sandbox = new Sandbox(pathBytes);
    assert.equal(sandbox.temporaryDirectory.length, pathBytes);
    await whileBusy(sandbox, () => {
      assert(sandbox.files().filter((file) => file.endsWith(".sock")).length >= 3);
    });
  });
}

test("nothing listens on a port", async () => {
  await using sandbox = new Sandbox();
  await whileBusy(sandbox, () => {
    const pids = sandbox.processes().map(({ pid }) => pid);
    assert(pids.length >= 4);
    const listening = pids.flatMap((pid) => listeningPorts(pid));
    assert.deepEqual(listening, []);
  });
});

/** Ports on which the process listens: its socket inodes among those of /proc/net in state 0A. */
function listeningPorts(pid: number): string[] {
  const inodes = new Set(
    ["tcp", "tcp6", "udp", "udp6"].flatMap((kind) =>
      readFileSync(`/proc/${pid}/net/${kind}`, "utf8")
        .split("\n")
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === "0A" || kind.startsWith("udp"))
        .map((fields) => `socket:[${fields[9]}]`),
    ),
  );
  return descriptorsOf(pid).filter((target) => inodes.has(target));
}

function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ""; // closed meanwhile
    }
  });
}

test("two programs in one temporary directory do not meet", async () => {
  await using sandbox = new Sandbox();
  await whileBusy(sandbox, async () => {
    await whileBusy(sandbox, () => {
      const sessions = sandbox.files().filter((file) => /^[^/]+\/[^/]+$/.test(file));
      assert.equal(sessions.length, 2);
    });
    const other = await runProgram(
      sandbox,
      `import { remote } from "mobula";
      console.log(await remote(() => 1)());`,
    );
    assert.equal(other.stdout, "1\n");
  });
});

test("many programs that start and end at the same time", async () => {
  await using sandbox = new Sandbox();
  const source = `import { init, remote } from "mobula"; await init({ numCpus: 1 });
    console.log(await remote((x) => x + 1)(1));`;
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => runProgram(sandbox, source)));
  for (const { stdout, stderr } of results) assert.deepEqual([stdout, stderr], ["2\n", ""]);
});

test("sessions that begin while the last other one ends and takes the parent along", async () => {
  await using sandbox = new Sandbox();
  const module = new URL("../../src/daemon/session-directory.ts", import.meta.url).href;
  const source = `
    import * as sessions from ${JSON.stringify(module)};
    for (let n = 0; n < 500; n++) {
      const directory = sessions.createSessionDirectory(process.pid + "-" + n);
      sessions.findSessions();
      sessions.removeSessionDirectories([directory]);
    }`;
  const flags = ["--import", import.meta.resolve("tsx")];
  const results = await Promise.all([1, 2].map(() => runProgram(sandbox, source, { flags })));
  for (const { exitCode, stderr } of results) assert.deepEqual([exitCode, stderr], [0, ""]);
});

test("files that an earlier session left are removed", async () => {
  await using sandbox = new Sandbox();
  const parent = join(sandbox.temporaryDirectory, `mobula-${uid}`);
  const left = join(parent, "0123456789abcdef");
  mkdirSync(left, { recursive: true, mode: 0o700 });
  const namespace = readlinkSync("/proc/self/ns/pid");
  writeFileSync(join(left, "owner"), `${2 ** 22 + 1} 1 ${namespace}`);
  writeFileSync(join(left, "1.sock"), "");
  const { stderr } = await runProgram(sandbox, `import { init } from "mobula"; await init();`);
  assert.equal(stderr, "");
});

test("init names the directory that cannot be used", async () => {
  await using sandbox = new Sandbox();
  const source = `import { init, remote } from "mobula";
    try { remote(() => 1)(); } catch (error) { console.log(error.name, error.message); }
    await init().catch((error) => console.log(error.code, error.message));`;
  const missing = join(sandbox.directory, "missing", "file");
  mkdirSync(join(sandbox.directory, "missing"));
  writeFileSync(missing, "");
  const { stdout, exitCode } = await runProgram(sandbox, source, { env: { TMPDIR: missing } });
  assert.equal(exitCode, 0);
  const [called, started] = stdout.split("\n");
  const text =
    /Cannot make the session's directory \S+: .*ENOTDIR.*; set TMPDIR to a directory that/;
  assert.match(called!, text);
  assert.match(started!, text);
  assert(called!.startsWith("EnvironmentSetupError ") && started!.startsWith("ENVIRONMENT_SETUP "));
});

test("a directory that others may write to is refused", async () => {
  await using sandbox = new Sandbox();
  const parent = join(sandbox.newPath(), "x");
  const own = join(parent, `mobula-${uid}`);
  mkdirSync(own, { recursive: true });
  chmodSync(own, 0o777);
  const source = `import { init } from "mobula";
    await init().catch((error) => console.log(error.code, error.message));`;
  const { stdout } = await runProgram(sandbox, source, { env: { TMPDIR: parent } });
  assert(stdout.startsWith("ENVIRONMENT_SETUP Cannot make the session's directory"), stdout);
  assert(stdout.includes(`${own} is open to other users or belongs to one`), stdout);
});

test("a user who may not write there", { skip: uid !== 0 && "needs root" }, async () => {
  await using sandbox = new Sandbox();
  chmodSync(sandbox.directory, 0o755);
  const locked = sandbox.newPath();
  mkdirSync(locked, { mode: 0o755 });
  const source = `import { init } from "mobula";
    await init().catch((error) => console.log(error.code, error.message));`;
  const under = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const options = { env: { TMPDIR: locked }, under };
  const { stdout, stderr } = await runProgram(sandbox, source, options);
  assert.match(
    stdout,
    /^ENVIRONMENT_SETUP Cannot make the session's directory \S+: .*EACCES/,
    stderr,
  );
});
