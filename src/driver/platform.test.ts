import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPlatform, currentPlatform, type Platform } from "./platform.ts";

const GOOD: Platform = { os: "linux", versions: { node: "20.19.0" }, isRestricted: false };

function refusal(change: Partial<Platform>): string {
  try {
    checkPlatform({ ...GOOD, ...change });
  } catch (error) {
    assert.equal((error as { code?: string }).code, "ENVIRONMENT_SETUP");
    return (error as Error).message;
  }
  return "accepted";
}

test("where it runs", () => {
  checkPlatform(currentPlatform());
  assert.equal(refusal({}), "accepted");
  assert.equal(refusal({ os: "darwin", versions: { node: "24.0.0" } }), "accepted");
});

test("where it does not, it says so", () => {
  const texts = [
    refusal({ os: "win32" }),
    refusal({ versions: { node: "22.0.0", bun: "1.2.0" } }),
    refusal({ versions: { node: "22.0.0", deno: "2.1.0" } }),
    refusal({ versions: { node: "20.18.3" } }),
    refusal({ versions: { node: "18.20.0" } }),
    refusal({ isRestricted: true }),
  ];
  assert.deepEqual(texts, [
    "Cannot start Mobula: it does not run on Windows; use Linux, macOS, WSL or a container",
    "Cannot start Mobula: it does not run on Bun; start the program with Node",
    "Cannot start Mobula: it does not run on Deno; start the program with Node",
    "Cannot start Mobula: Node 20.18.3 is too old; use 20.19 or newer",
    "Cannot start Mobula: Node 18.20.0 is too old; use 20.19 or newer",
    "Cannot start Mobula: Node's permission model (--permission) keeps it from starting workers " +
      "and from reading captured variables; start the program without it",
  ]);
});
