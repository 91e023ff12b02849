import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Board, BOARD_BYTES, claim, signOn, type Posting } from "./board.ts";

function boardWith(words: Int32Array): Board {
  const board = new Board();
  board.open(words);
  return board;
}

function newWords(): Int32Array {
  return new Int32Array(BOARD_BYTES / 4);
}

test("of a worker that claims and an owner that takes down, exactly one succeeds", () => {
  const words = newWords();
  const board = boardWith(words);
  const [first, second] = [board.post(), board.post()];
  assert.deepEqual([claim(words, first), board.takeDown(first)], [true, false]);
  assert.deepEqual([board.takeDown(second), claim(words, second)], [true, false]);
  assert.deepEqual([claim(words, first), board.takeDown(second)], [false, false]);
});

test("who comes late finds that the place is another's", () => {
  const words = newWords();
  const board = boardWith(words);
  const late = board.post();
  assert.ok(board.takeDown(late));
  const places = BOARD_BYTES / 4;
  for (let i = 0; i < 3 * places; i++) {
    const posting = board.post();
    assert.equal(claim(words, late), false);
    assert.ok(claim(words, posting));
    board.clear(posting);
  }
});

test("a board that is closed, or full, takes no task; nothing can be taken down then", () => {
  const closed = new Board();
  closed.open(undefined);
  assert.deepEqual([closed.post(), closed.takeDown(0), closed.hasSignedOn(2)], [0, false, false]);
  const board = boardWith(newWords());
  const postings: Posting[] = [];
  while (board.hasRoom) postings.push(board.post());
  assert.deepEqual([new Set(postings).size, board.post()], [2 ** 13, 0]);
  board.clear(postings.pop()!);
  assert.notEqual(board.post(), 0);
});

test("who has signed on is known, whoever else has", () => {
  const words = newWords();
  const board = boardWith(words);
  for (const workerId of [2, 3, 1_500]) signOn(words, workerId);
  const ids = [1, 2, 3, 4, 1_500, 2 + 1_024, 1_500 - 1_024];
  assert.deepEqual(
    ids.filter((workerId) => board.hasSignedOn(workerId)),
    [2, 3, 1_500],
  );
  // Of two who share a place the later one is known: the other one gets nothing queued.
  signOn(words, 2 + 1_024);
  assert.deepEqual([board.hasSignedOn(2), board.hasSignedOn(2 + 1_024)], [false, true]);
});

const steps = fc.array(fc.record({ act: fc.nat(3), pick: fc.nat(999) }), { maxLength: 200 });

test("random histories: each posting is claimed, taken down or neither, whatever its place", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const words = newWords();
      const board = boardWith(words);
      const fates = new Map<Posting, "posted" | "claimed" | "down" | "cleared">();
      for (const { act, pick } of history) {
        const known = [...fates.keys()];
        const posting = known[pick % Math.max(1, known.length)];
        if (act === 0 || posting === undefined) fates.set(board.post(), "posted");
        else if (act === 1) {
          const succeeds = fates.get(posting) === "posted";
          assert.equal(claim(words, posting), succeeds);
          if (succeeds) fates.set(posting, "claimed");
        } else if (act === 2) {
          const succeeds = fates.get(posting) === "posted";
          assert.equal(board.takeDown(posting), succeeds);
          if (succeeds) fates.set(posting, "down");
        } else if (fates.get(posting) === "posted" || fates.get(posting) === "claimed") {
          board.clear(posting);
          fates.set(posting, "cleared");
        }
        board.validate([...fates].filter(([, fate]) => isThere(fate)).map(([each]) => each));
      }
    }),
    { numRuns: 300 },
  );
});

function isThere(fate: string): boolean {
  return fate === "posted" || fate === "claimed";
}
