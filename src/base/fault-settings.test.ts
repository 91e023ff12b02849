import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { InvalidOptionError } from "./errors.ts";
import { FAULT_KINDS, FAULT_NAMES } from "./fault-kinds.ts";
import { complaintOfFaults, describeFaults, faultSettings, parseFaults } from "./fault-settings.ts";

const chances = fc.dictionary(
  fc.constantFrom(...FAULT_NAMES),
  fc.double({ min: 0, max: 1, noNaN: true }),
  {
    minKeys: 1,
  },
);

test("what describeFaults writes is what parseFaults reads", () => {
  fc.assert(
    fc.property(chances, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (given, seed) => {
      const text = describeFaults(faultSettings({ ...given, seed }, 0));
      assert.deepEqual({ ...parseFaults(text) }, { ...given, seed });
      assert.equal(complaintOfFaults(parseFaults(text)), undefined);
    }),
  );
});

test("blanks do not count, nothing asks for nothing, and a missing seed is the one given", () => {
  const parsed = parseFaults(" worker-kill : .5 ,seed: 7 ");
  assert.deepEqual(parsed, { "worker-kill": 0.5, seed: 7 });
  assert.equal(parseFaults(""), undefined);
  assert.equal(parseFaults("  "), undefined);
  assert.equal(faultSettings({ "reply-lost": 1 }, 99).seed, 99);
  assert.equal(faultSettings({ "reply-lost": 1, seed: 3 }, 99).seed, 3);
});

const kinds = FAULT_NAMES.join(", ");
const form = 'which is not of the form name:number; write it like MOBULA_FAULTS="worker-kill:0.01,';
const wrong: readonly (readonly [string, string])[] = [
  ["worker-kil:1", `has worker-kil, which is no kind of fault; the kinds are ${kinds}`],
  ["toString:1", `has toString, which is no kind of fault; the kinds are ${kinds}`],
  ["__proto__:1", `has __proto__, which is no kind of fault; the kinds are ${kinds}`],
  ["worker-kill:1.01", "has worker-kill:1.01; a probability must be a number from 0 to 1"],
  ["worker-kill:-1", "has worker-kill:-1; a probability must be a number from 0 to 1"],
  ["worker-kill:1e999", "has worker-kill:Infinity; a probability must be a number from 0 to 1"],
  ["seed:-1", "has seed -1; the seed must be a whole number from 0 to 4294967295"],
  ["seed:1.5", "has seed 1.5; the seed must be a whole number from 0 to 4294967295"],
  ["seed:4294967296", "has seed 4294967296; the seed must be a whole number from 0 to 4294967295"],
  ["worker-kill:0.1,worker-kill:0.2", "has worker-kill twice; give it once"],
  ["seed:1,seed:1", "has seed twice; give it once"],
  ...[
    ["0", "0"],
    ["worker-kill", "worker-kill"],
    ["worker-kill:", "worker-kill:"],
    ["worker-kill:NaN", "worker-kill:NaN"],
    ["worker-kill:0x1", "worker-kill:0x1"],
    ["worker-kill=0.1", "worker-kill=0.1"],
    ["worker-kill:0.1,", ""],
    ["{}", "{}"],
  ].map(([text = "", part]) => [text, `has ${JSON.stringify(part)}, ${form}seed:7"`] as const),
];
for (const [text, complaint] of wrong) {
  test(`MOBULA_FAULTS=${text} is refused`, () => {
    assert.throws(
      () => parseFaults(text),
      (error) => {
        assert(error instanceof InvalidOptionError);
        assert.equal(error.message, `Cannot use MOBULA_FAULTS: it ${complaint}`);
        assert.deepEqual([error.option, error.value], ["MOBULA_FAULTS", text]);
        return true;
      },
    );
  });
}

test("the option is checked alike", () => {
  const shape = 'must be an object of probabilities by kind, like { "worker-kill": 0.01 }';
  for (const value of [0, "worker-kill:1", [], null]) assert.equal(complaintOfFaults(value), shape);
  assert.equal(complaintOfFaults({ "worker-kill": undefined, seed: undefined }), undefined);
  assert.equal(
    complaintOfFaults({ "worker-kill": "1" }),
    "has worker-kill:1; a probability must be a number from 0 to 1",
  );
});

test("the guide lists all kinds with their meanings", () => {
  const guide = join(import.meta.dirname, "../../docs/guide/faults.md");
  const page = readFileSync(guide, "utf8");
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.*?) \|/gm)].map(([, ...cells]) => cells);
  assert.deepEqual(rows, Object.entries(FAULT_KINDS));
});
