import assert from "node:assert/strict";
import { test } from "node:test";
import { inheritedExecArgv, inheritedNodeOptions } from "./exec-arguments.ts";

test("what belongs to one process is left out, with its value", () => {
  const left = (line: string): string => inheritedExecArgv(line.split(" ")).join(" ");
  assert.equal(left("--import tsx --require ./setup.cjs"), "--import tsx --require ./setup.cjs");
  assert.equal(left("--inspect --max-old-space-size=64"), "--max-old-space-size=64");
  assert.equal(left("--inspect-brk=127.0.0.1:0 --inspect-port 9230 -C dev"), "-C dev");
  assert.equal(
    left("--input-type=module --eval code --enable-source-maps"),
    "--enable-source-maps",
  );
  assert.equal(left("-e code --no-warnings"), "--no-warnings");
  assert.equal(left("-p 1+1"), "");
  assert.equal(left("--test --test-name-pattern x --test-concurrency=2 --trace-gc"), "--trace-gc");
  assert.equal(left("--watch --watch-path src --watch-preserve-output -r x"), "-r x");
  assert.equal(left("--cpu-prof --cpu-prof-dir out --heap-prof --import a"), "--import a");
  assert.equal(left("--env-file .env --experimental-strip-types"), "--experimental-strip-types");
});

test("NODE_OPTIONS too, with its quotes", () => {
  assert.equal(inheritedNodeOptions("--inspect --import tsx"), "--import tsx");
  const quoted = '--require "./my setup.cjs" --cpu-prof';
  assert.equal(inheritedNodeOptions(quoted), '--require "./my setup.cjs"');
  assert.equal(inheritedNodeOptions(""), "");
});
