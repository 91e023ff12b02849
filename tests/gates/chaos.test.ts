/** The chaos runner finds what it is there for. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "../../tools/run.ts";

let directory: string;
before(() => (directory = mkdtempSync(join(tmpdir(), "mobula-chaos-"))));
after(() => rmSync(directory, { recursive: true }));

async function play(name: string, source: string): Promise<{ exitCode: number; output: string }> {
  const program = join(directory, `${name}.mjs`);
  writeFileSync(program, source);
  const args = ["tests/chaos/main.ts", "--seed", "7", "--round", "0", "--program", program];
  return run(process.execPath, ["--import", "tsx", ...args]);
}

test("a program that does all as it should passes", async () => {
  const { exitCode, output } = await play("right", `console.log("done");`);
  assert.equal(exitCode, 0, output);
  assert.match(output, /^seed 7\nround 0, mix, workers killed: .* attacked 0 times: done\n$/);
});

const PLANTED = {
  "an effect without retries that is there twice": [
    `import fs from "node:fs";
     for (let i = 0; i < 2; i++) fs.appendFileSync(process.argv[4], "once 12\\n");`,
    /more often than once without retries: once 12: 2 times/,
  ],
  "a program that finds a wrong result": [
    `console.error("violation: a square is 3 instead of 4"); process.exit(1);`,
    /it ended with 1\nviolation: a square is 3 instead of 4/,
  ],
  "a process that stays": [
    `import { spawn } from "node:child_process";
     spawn("sleep", ["60"], { detached: true, stdio: "ignore" }).unref();`,
    /left behind:\n {2}process \d+: sleep 60/,
  ],
  "a file that stays": [
    `import fs from "node:fs"; import os from "node:os";
     fs.writeFileSync(os.tmpdir() + "/forgotten", "");`,
    /left behind:\n {2}file forgotten/,
  ],
} as const;
for (const [index, [title, [source, complaint]]] of Object.entries(PLANTED).entries()) {
  test(`it finds ${title}, and says how to play the round again`, async () => {
    const { exitCode, output } = await play(String(index), source);
    assert.equal(exitCode, 1, output);
    assert.match(output, /^violation in round 0 with seed 7: /m);
    assert.match(output, complaint);
    assert.match(output, /^again: npm run chaos -- --seed 7 --round 0$/m);
  });
}
