/** A debugger attached to a worker: Node's own client, `node inspect`. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { Program } from "../support/program.ts";
import { Sandbox } from "../support/sandbox.ts";
import { within } from "../support/within.ts";

/** Types commands at the debugger's prompt. */
class Client implements AsyncDisposable {
  readonly #child;
  #output = "";
  #changed = (): void => undefined;

  constructor(port: string) {
    this.#child = spawn(process.execPath, ["inspect", `127.0.0.1:${port}`]);
    for (const pipe of [this.#child.stdout, this.#child.stderr]) {
      pipe.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#changed();
      });
    }
  }

  /** Waits until something has matched since the last command. */
  async printed(pattern: RegExp): Promise<string> {
    const found = new Promise<string>((resolve) => {
      this.#changed = () => {
        const match = pattern.exec(this.#output);
        if (match !== null) resolve(match[0]);
      };
      this.#changed();
    });
    return within(found, () => `the debugger has not printed ${String(pattern)}: ${this.#output}`);
  }

  type(command: string): void {
    this.#output = "";
    this.#child.stdin.write(`${command}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.type(".exit");
    await within(new Promise((resolve) => this.#child.once("exit", resolve)), "it has not ended");
  }
}

test("with `inspect` a breakpoint in the body of a remote function binds and stops", async () => {
  await using sandbox = new Sandbox();
  const permits = sandbox.permits();
  const source = [
    'import { init, remote } from "mobula";',
    'import { takePermit } from "support/rendezvous.mjs";',
    "const offset = 40;",
    "const add = remote((x) => {",
    "  const sum = x + offset;",
    "  return sum;",
    "});",
    "await init({ numCpus: 1, inspect: true });",
    "await add(1);",
    `await takePermit(${JSON.stringify(permits.path)});`,
    "console.log(`the sum is ${await add(2)}`);",
  ].join("\n");
  const program = new Program(sandbox, source);
  const port = await program.printedError(/listening on ws:\/\/127\.0\.0\.1:(\d+)\//);
  {
    await using client = new Client(port);
    await client.printed(/ok\s+debug> /);
    const file = JSON.stringify(`${sandbox.directory}/2.mjs`);
    client.type(`setBreakpoint(${file}, 6)`);
    // Its listing counts lines from the start of the script, which is not that of the file.
    await client.printed(/> 6 .*\n[\s\S]*debug> /);
    permits.give();
    await client.printed(/break in .*2\.mjs:6/);
    client.type("exec('[sum, offset]')");
    assert.match(await client.printed(/\[[\s\S]*\]/), /\[\s*42,\s*40\s*\]/);
    client.type(`clearBreakpoint(${file}, 6)`);
    await client.printed(/debug> /);
    client.type("cont");
    await program.printed(/the sum is 42/);
  }
  assert.equal((await program.end()).exitCode, 0);
});
