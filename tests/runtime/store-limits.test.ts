/** What becomes of stored objects where there is little room, and however a program ends. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Program, runProgram, type ProgramOptions } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";
import { memoryDirectory } from "../support/store.ts";
import { eventually } from "../support/within.ts";

const canMount = spawnSync("unshare", ["--mount", "true"]).status === 0;
const mounts = { skip: !canMount && "needs the right to mount (root)" };

/** Runs shell commands, then the program, with mounts of their own. */
function under(setUp: string): string[] {
  return ["unshare", "--mount", "sh", "-ec", `${setUp}\nexec "$@"`, "sh"];
}

const SMALL_MEMORY = "mount -t tmpfs -o size=16m none /dev/shm";
const SMALL_DISK = 'mount -t tmpfs -o size=24m none "$TMPDIR"';

/** Runs a program; it must end well. Returns what it has printed. */
async function outputOf(
  sandbox: Sandbox,
  body: string,
  options: ProgramOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  const source = `
    import { allocate, get, init, put, remote } from "mobula";
    const MIB = 2 ** 20;
    const bytes = (fill, sizeBytes = 4 * MIB) => new Uint8Array(sizeBytes).fill(fill);
    ${body}
  `;
  const { exitCode, signal, stdout, stderr } = await runProgram(sandbox, source, options);
  assert.deepEqual([exitCode, signal], [0, null], stdout + stderr);
  return { stdout, stderr };
}

test(
  "a full shared memory kills nobody: objects go to disk, with one warning",
  mounts,
  async () => {
    await using sandbox = new Sandbox();
    const body = `
    const runtime = await init({ numCpus: 2, objectStoreBytes: 64 * MIB });
    const make = remote((fill) => new Uint8Array(4 * 2 ** 20).fill(fill));
    const refs = Array.from({ length: 8 }, (_, fill) => put(bytes(fill)));
    const results = Array.from({ length: 8 }, (_, fill) => make(fill));
    const array = allocate(Uint8Array, 8 * MIB).fill(77);
    const all = await get([...refs, ...results, put(array)]);
    console.log(all.map((found) => found.every((byte) => byte === found[0]) && found[0]).join());
    await runtime.shutdown();
  `;
    const { stdout, stderr } = await outputOf(sandbox, body, { under: under(SMALL_MEMORY) });
    assert.equal(stdout, "0,1,2,3,4,5,6,7,0,1,2,3,4,5,6,7,77\n");
    assert.equal(stderr.split("\n").length, 2, stderr);
    assert.match(stderr, /^mobula: 14 MiB of memory for stored objects instead of 64 MiB: /);
  },
);

test("another program fills shared memory behind the store's back", mounts, async () => {
  await using sandbox = new Sandbox();
  const body = `
    import { writeFileSync } from "node:fs";
    await init({ numCpus: 1, objectStoreBytes: 12 * MIB });
    writeFileSync("/dev/shm/other", Buffer.alloc(13 * MIB));
    const array = allocate(Uint8Array, 4 * MIB).fill(2);
    const refs = [put(bytes(1)), put(array)];
    console.log((await get(refs)).map((found) => found.at(-1)).join());
  `;
  const { stdout } = await outputOf(sandbox, body, { under: under(SMALL_MEMORY) });
  assert.equal(stdout, "1,2\n");
});

test(
  "with memory and disk full, the call says so; room that comes free is used",
  mounts,
  async () => {
    await using sandbox = new Sandbox();
    const body = `
    const runtime = await init({ numCpus: 1, objectStoreBytes: 8 * MIB });
    const refs = [];
    let error;
    while (error === undefined && refs.length < 50) {
      try { refs.push(put(bytes(refs.length))); } catch (reason) { error = reason; }
    }
    const { code, sizeBytes, limitBytes, owners, message } = error;
    console.log(code, sizeBytes, limitBytes, owners[0].processId, refs.length >= 6);
    console.log(message.replace(process.env.TMPDIR, "TMPDIR").replace(/\\w{16}/, "SESSION"));
    const big = remote(() => new Uint8Array(20 * 2 ** 20))();
    console.log(await big.catch((reason) => reason.code));
    for (const ref of refs.splice(1)) ref[Symbol.dispose]();
    console.log((await refs[0])[9], (await put(bytes(5)))[9]);
    await runtime.shutdown();
  `;
    const limits = under(`${SMALL_MEMORY}\n${SMALL_DISK}`);
    const { stdout } = await outputOf(sandbox, body, { under: limits });
    const [fields, message, ...rest] = stdout.trimEnd().split("\n");
    assert.equal(fields, `OUT_OF_DISK ${4 * 2 ** 20} ${8 * 2 ** 20} 1 true`);
    assert.match(
      message!,
      /^Cannot store 4 MiB: 8 MiB of 8 MiB of memory are in use \(process 1 8 MiB\), and on disk, /,
    );
    assert(
      message!.endsWith(
        ", in TMPDIR/mobula-0/SESSION, there is no room; " +
          "dispose refs that are not needed, or give init() more objectStoreBytes",
      ),
      message,
    );
    assert.deepEqual(rest, ["OUT_OF_DISK", "0 5"]);
  },
);

test("a spill directory is made if it is missing", async () => {
  await using sandbox = new Sandbox();
  const spillDirectory = join(sandbox.directory, "deep", "spill");
  const body = `
    const spillDirectory = process.env.SPILL;
    const runtime = await init({ numCpus: 1, objectStoreBytes: 4 * MIB, spillDirectory });
    const refs = [put(bytes(1)), put(bytes(2))];
    console.log((await get(refs)).map((found) => found[7]).join());
    await runtime.shutdown();
  `;
  const { stdout } = await outputOf(sandbox, body, { env: { SPILL: spillDirectory } });
  assert.equal(stdout, "1,2\n");
  assert.deepEqual(readdirSync(spillDirectory), []);
});

test("a spill directory that cannot be written to is refused at the start", mounts, async () => {
  await using sandbox = new Sandbox();
  const spillDirectory = join(sandbox.directory, "spill");
  mkdirSync(spillDirectory);
  const body = `
    const spillDirectory = process.env.SPILL;
    await init({ spillDirectory }).catch(({ code, message }) => console.log(code, message));
    console.log(await remote((x) => x + 1)(1));
  `;
  const readOnly = 'mount -t tmpfs none "$SPILL"; mount -o remount,ro "$SPILL"';
  const options = { env: { SPILL: spillDirectory }, under: under(readOnly) };
  const [refused, ...rest] = (await outputOf(sandbox, body, options)).stdout.split("\n");
  assert.match(refused!, /^ENVIRONMENT_SETUP Cannot make the session's directory .*spill/);
  assert.match(refused!, /EROFS.*; set spillDirectory to one that this user may write to$/);
  assert.deepEqual(rest, ["2", ""]);
});

test("few descriptors are enough for many objects", async () => {
  await using sandbox = new Sandbox();
  const body = `
    const runtime = await init({ numCpus: 2 });
    const refs = Array.from({ length: 200 }, (_, fill) => put(bytes(fill, 200_000)));
    const first = remote((array) => array[0]);
    const firsts = await get(refs.map((ref) => first(ref)));
    const arrays = await get(refs);
    console.log(firsts.length, arrays.every((array, fill) => array.at(-1) === fill));
    await runtime.shutdown();
  `;
  const limits = ["sh", "-ec", 'ulimit -n 64; exec "$@"', "sh"];
  const { stdout } = await outputOf(sandbox, body, { under: limits });
  assert.equal(stdout, "200 true\n");
});

test("more views than the system has mappings for: the others are copies", async () => {
  await using sandbox = new Sandbox();
  const body = `
    const runtime = await init({ numCpus: 1, storedBytesMin: 8_000 });
    const ref = put(bytes(6, 8_192));
    const views = [];
    for (let i = 0; i < 70_000; i++) views.push(await ref);
    views[69_999][0] = views[3][0] = 9;
    const sum = views.reduce((total, view) => total + view[0], 0);
    console.log(sum, (await ref)[0], await remote((x) => x[0])(ref));
    await runtime.shutdown();
  `;
  const { stdout } = await outputOf(sandbox, body);
  assert.equal(stdout, `${6 * 70_000 + 6} 6 6\n`);
});

const stored = `
  import { put, remote } from "mobula";
  const refs = [put(new Uint8Array(2 ** 20)), remote(() => new Uint8Array(2 ** 20))()];
  await Promise.all(refs);
  console.log("stored");
  setInterval(() => refs, 2 ** 30);
`;

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`a program that is ended by ${signal} leaves no object`, async () => {
    await using sandbox = new Sandbox();
    const program = new Program(sandbox, stored);
    await program.printed(/stored/);
    const directory = memoryDirectory(sandbox);
    assert(readdirSync(directory).length > 2);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    program.kill(signal);
    await program.end();
    await eventually(() => (existsSync(directory) ? `${directory} is there` : undefined));
  });
}

test("what a power cut has left behind is removed by the next start", async () => {
  await using sandbox = new Sandbox();
  const program = new Program(sandbox, stored);
  await program.printed(/stored/);
  const directory = memoryDirectory(sandbox);
  for (const { pid } of sandbox.processes()) process.kill(pid, "SIGSTOP");
  for (const { pid } of sandbox.processes()) process.kill(pid, "SIGKILL");
  await program.end();
  await eventually(() => (sandbox.processes().length > 0 ? "processes run still" : undefined));
  // What lies in shared memory, which is one for all, goes with the start of any other program.
  assert(sandbox.files().length > 0);
  await outputOf(sandbox, "console.log(await remote((x) => x)(1));");
  assert(!existsSync(directory));
});
