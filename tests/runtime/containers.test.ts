/** Surroundings of containers: made by namespaces and mounts of the program's own. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { test } from "node:test";
import { Program, runProgram } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";

const canUnshare = spawnSync("unshare", ["--mount", "--pid", "--fork", "true"]).status === 0;
const options = { skip: !canUnshare && "needs the right to make namespaces (root)" };

/** Runs `setUp` in namespaces of their own, then the program as process 1. */
function inContainer(setUp: string): string[] {
  const namespaces = ["--mount", "--pid", "--fork", "--mount-proc"];
  return ["unshare", ...namespaces, "sh", "-ec", `${setUp}\nexec "$@"`, "sh"];
}

const WRITABLE_TMPDIR = 'mount -t tmpfs none "$TMPDIR"';
const READ_ONLY_ROOT = "mount --bind / /; mount -o remount,ro,bind /; cd /";

/** Tasks, nested ones, a crash and another try; then what is left in the temporary directory. */
const PROGRAM = `
  import { readdirSync } from "node:fs";
  import { init, remote } from "mobula";
  const runtime = await init({ numCpus: 2 });
  const half = remote((x) => x / 2);
  const both = remote(async (x) => (await half(x)) + (await half(x)));
  const die = remote(() => process.kill(process.pid, "SIGKILL"));
  console.log(await both(21), await die().catch((error) => error.code), await both(4));
  await runtime.shutdown();
  const left = readdirSync(process.env.TMPDIR, { recursive: true });
  console.log(left.filter((path) => !/^(tsx-|mobula-)[^/]*$/.test(path)).length);
`;
const PRINTED = "21 WORKER_CRASHED 4\n0\n";

test("as process 1", options, async () => {
  await using sandbox = new Sandbox();
  const source = `if (process.pid !== 1) throw new Error("not process 1");\n${PROGRAM}`;
  const { stdout, stderr } = await runProgram(sandbox, source, { under: inContainer("") });
  assert.deepEqual([stdout, stderr], [PRINTED, ""]);
});

test("a read-only root, with a temporary directory", options, async () => {
  await using sandbox = new Sandbox();
  const under = inContainer(`${READ_ONLY_ROOT}\n${WRITABLE_TMPDIR}`);
  const { stdout, stderr } = await runProgram(sandbox, PROGRAM, { under });
  assert.deepEqual([stdout, stderr], [PRINTED, ""]);
});

test("64 MiB of shared memory, as containers have: larger values go to disk", options, async () => {
  await using sandbox = new Sandbox();
  const source = `import { init, remote } from "mobula";
    await init({ numCpus: 2 });
    const copy = remote((bytes) => Buffer.from(bytes));
    console.log((await copy(Buffer.alloc(96 * 2 ** 20))).length);`;
  const under = inContainer("mount -t tmpfs -o size=64m none /dev/shm");
  const { stdout, stderr } = await runProgram(sandbox, source, { under });
  assert.equal(stdout, `${96 * 2 ** 20}\n`);
  const [, said, directory, advice] =
    /^mobula: (57 MiB .* instead of) \d+ MiB: (\S+) has no more; (.*)\n$/.exec(stderr) ?? [];
  assert.equal(said, "57 MiB of memory for stored objects instead of", stderr);
  assert.match(directory!, /^\/dev\/shm\/mobula-\d+\/\w+$/);
  assert.equal(advice, "further objects go to disk (in a container, give it more with --shm-size)");
});

test("two containers that share the temporary directory", options, async () => {
  await using sandbox = new Sandbox();
  const permits = sandbox.permits();
  const source = `import { init, remote } from "mobula";
    import { takePermit } from "support/rendezvous.mjs";
    await init({ numCpus: 1 });
    console.log("ready");
    await takePermit(${JSON.stringify(permits.path)});
    // Its worker's socket lies in the directory.
    console.log(await remote((x) => x + 1)(1));`;
  const first = new Program(sandbox, source, { under: inContainer("") });
  await first.printed(/ready/);
  const { stdout, stderr } = await runProgram(sandbox, PROGRAM, { under: inContainer("") });
  // The other one's directory is there, and nothing else.
  assert.deepEqual([stdout.split("\n")[0], stderr], [PRINTED.split("\n")[0], ""]);
  permits.give(1);
  assert.deepEqual((await first.end()).stdout, "ready\n2\n");
});

test("a user without a home", options, async () => {
  await using sandbox = new Sandbox();
  for (const path of [sandbox.directory, sandbox.temporaryDirectory]) chmodSync(path, 0o777);
  const under = [
    ...["env", "-u", "HOME", "-u", "USER", "-u", "LOGNAME"],
    ...["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"],
  ];
  const { stdout, stderr } = await runProgram(sandbox, PROGRAM, { under });
  assert.deepEqual([stdout, stderr], [PRINTED, ""]);
});

const REFUSED = `
  import { init, remote } from "mobula";
  const failed = (error) => console.log(error.code, error.message);
  await init().catch(failed);
  try { remote(() => 1)(); } catch (error) { failed(error); }
`;

for (const [name, setUp, code] of [
  ["full", 'mount -t tmpfs -o nr_inodes=1 none "$TMPDIR"', "ENOSPC"],
  ["read-only", READ_ONLY_ROOT, "EROFS"],
] as const) {
  test(`a temporary directory that is ${name}: one clear error`, options, async () => {
    await using sandbox = new Sandbox();
    const { stdout, stderr } = await runProgram(sandbox, REFUSED, { under: inContainer(setUp) });
    const lines = stdout.trimEnd().split("\n");
    assert.deepEqual([lines.length, stderr], [2, ""]);
    for (const line of lines) {
      const text = "^ENVIRONMENT_SETUP Cannot make the session's directory \\S+: .*";
      assert.match(line, new RegExp(`${text}${code}.*; set TMPDIR to a directory that`));
    }
  });
}
