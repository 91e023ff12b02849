/**
 * Conversations of ownership tables as text, to be read. A transcript says what programs do
 * ("A lends …" is `A -> B: ref …`) and when messages arrive; it is replayed line by line, and what
 * the tables say must be what stands there. Then everything is delivered and dropped, and nothing
 * may be left.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Network } from "./network.test.ts";

function idOf(name: string): number {
  return name.charCodeAt(0) - 64;
}

function keyOf(name: string): number {
  return name.charCodeAt(0) - 119;
}

/** Does what the line says, if it is something that does not follow from the lines before. */
function perform(network: Network, line: string): boolean {
  const [, who = "", act, what = ""] = /^(\w) (creates|drops|dies) ?(\w?)$/.exec(line) ?? [];
  if (act === "creates") network.create(idOf(who));
  else if (act === "drops") network.drop(idOf(who), keyOf(what));
  else if (act === "dies") network.kill(idOf(who), () => Infinity);
  else return deliver(network, line) || send(network, line);
  return true;
}

function deliver(network: Network, line: string): boolean {
  const [, to, from] = /^ {3}(\w) gets from (\w):/.exec(line) ?? [];
  if (to !== undefined && from !== undefined) network.deliver(idOf(from), idOf(to));
  return to !== undefined;
}

function send(network: Network, line: string): boolean {
  const match = /^(\w) -> (\w): (ref|transfer|fetch) (\w)(?: for (\w))?/.exec(line);
  const [, from = "", to = "", kind, what = "", requester] = match ?? [];
  const [fromId, toId, key] = [idOf(from), idOf(to), keyOf(what)];
  if (kind === "ref") network.lend(fromId, key, toId);
  else if (kind === "transfer") network.transfer(fromId, key, toId);
  else if (kind === "fetch" && requester === from) network.fetch(fromId, key);
  else return false;
  return true;
}

function deliverAll(network: Network): void {
  for (let link = network.busy[0]; link !== undefined; link = network.busy[0]) {
    network.deliver(link.from.id, link.to.id);
  }
}

function replay(transcript: string): void {
  const lines = transcript.split("\n").filter((line) => line.trim() !== "");
  const indent = lines[0]!.search(/\S/);
  const expected = lines.map((line) => line.slice(indent));
  const network = new Network(4);
  expected.forEach((line, index) => {
    if (network.log.length === index) perform(network, line);
  });
  assert.equal(network.log.join("\n"), expected.join("\n"));
  deliverAll(network);
  network.checkReachable(() => deliverAll(network));
  for (const { id, held } of network.alive) for (const key of [...held]) network.drop(id, key);
  deliverAll(network);
  network.checkEmpty();
}

test("a release that crosses a new hand-out takes nothing away from it", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B drops x
    B -> A: release x, 1 of B
    A -> B: ref x, owner A
       A gets from B: release x, 1 of B
       B gets from A: ref x, owner A
    B drops x
    B -> A: release x, 1 of B
       A gets from B: release x, 1 of B
       A frees x
  `);
});

test("a borrower hands on: it stays counted until the receiver is", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> C: ref x, owner A, #1
    B drops x
    A drops x
       C gets from B: ref x, owner A, #1
    C -> A: borrow x for C
       A gets from C: borrow x for C
    A -> C: borrowed x of this process
       C gets from A: borrowed x of this process
    C -> B: received #1
       B gets from C: received #1
    B -> A: release x, 1 of B
       A gets from B: release x, 1 of B
    C drops x
    C -> A: release x, 1 of C
       A gets from C: release x, 1 of C
       A frees x
  `);
});

test("who is not counted itself names itself, and passes the question on when it is", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> C: ref x, owner A, #1
       C gets from B: ref x, owner A, #1
    C -> A: borrow x for C
    C -> D: ref x, owner C, #1
    C drops x
    B drops x
       D gets from C: ref x, owner C, #1
    D -> C: borrow x for D
       C gets from D: borrow x for D
       A gets from C: borrow x for C
    A -> C: borrowed x of this process
       C gets from A: borrowed x of this process
    C -> A: borrow x for D
    C -> B: received #1
       B gets from C: received #1
    B -> A: release x, 1 of B
       A gets from B: release x, 1 of B
       A gets from C: borrow x for D
    A -> D: borrowed x of this process
       D gets from A: borrowed x of this process
    D -> C: received #1
       C gets from D: received #1
    C -> A: release x, 1 of C
       A gets from C: release x, 1 of C
    D drops x
    D -> A: release x, 1 of D
       A gets from D: release x, 1 of D
       A frees x
  `);
});

test("a ref comes home", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> A: ref x, owner A, #1
    A drops x
    B drops x
       A gets from B: ref x, owner A, #1
    A -> B: received #1
       B gets from A: received #1
    B -> A: release x, 1 of B
       A gets from B: release x, 1 of B
       A frees x
  `);
});

test("an object is given away: its other borrowers register with the new owner", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
    A -> C: ref x, owner A
       B gets from A: ref x, owner A
       C gets from A: ref x, owner A
    A -> B: transfer x, borrowers [C, A]
       B gets from A: transfer x, borrowers [C, A]
    B -> A: movedReceived x
       A gets from B: movedReceived x
    A -> C: moved x to B
       C gets from A: moved x to B
    C -> B: borrow x for C
    A drops x
    A -> B: release x, 1 of A
       B gets from C: borrow x for C
    B -> C: borrowed x of this process
       C gets from B: borrowed x of this process
    C -> A: movedReceived x
       A gets from C: movedReceived x
    A -> B: moved x to B
       B gets from A: release x, 1 of A
       B gets from A: moved x to B
    C drops x
    C -> B: release x, 1 of C
       B gets from C: release x, 1 of C
       B frees x
  `);
});

test("an object is given away twice", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
    A -> B: transfer x, borrowers [A]
       B gets from A: ref x, owner A
       B gets from A: transfer x, borrowers [A]
    B -> A: movedReceived x
    B -> C: ref x, owner B
    B -> C: transfer x, borrowers [A, B]
       A gets from B: movedReceived x
       C gets from B: ref x, owner B
       C gets from B: transfer x, borrowers [A, B]
    C -> B: movedReceived x
       B gets from C: movedReceived x
    B -> A: moved x to C
       A gets from B: moved x to C
    A -> C: borrow x for A
       C gets from A: borrow x for A
    C -> A: borrowed x of this process
  `);
});

test("a ref comes home to a process that has given the object away", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> A: ref x, owner A, #1
    A -> B: transfer x, borrowers [A]
    A drops x
    A -> B: release x, 1 of A
    B drops x
       B gets from A: transfer x, borrowers [A]
    B -> A: borrow x for B
       B gets from A: release x, 1 of A
       A gets from B: ref x, owner A, #1
    A -> B: borrow x for A
  `);
});

test("a new owner does not free what it has on its way to others", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> C: ref x, owner A, #1
    B drops x
    A drops x
    A -> B: transfer x, borrowers []
       C gets from B: ref x, owner A, #1
    C -> A: borrow x for C
       B gets from A: transfer x, borrowers []
    B -> A: borrow x for B
       A gets from C: borrow x for C
    A -> B: borrow x for C
       B gets from A: borrow x for C
    B -> C: borrowed x of this process
       C gets from B: borrowed x of this process
    C -> B: received #1
       B gets from C: received #1
    B -> A: movedReceived x
       A gets from B: borrow x for B
       A gets from B: movedReceived x
    A -> C: moved x to B
       C gets from A: moved x to B
    C -> A: movedReceived x
  `);
});

test("a new owner is not asked before it knows that it is the owner", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
    A -> B: transfer x, borrowers [A]
    A -> C: ref x, owner A, #1
    A drops x
       C gets from A: ref x, owner A, #1
    C -> A: borrow x for C
       A gets from C: borrow x for C
    A -> B: borrow x for C
       B gets from A: ref x, owner A
       B gets from A: transfer x, borrowers [A]
    B -> A: movedReceived x
       B gets from A: borrow x for C
    B -> C: borrowed x of this process
  `);
});

test("an object that comes back at once", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    A -> B: transfer x, borrowers [A]
       B gets from A: transfer x, borrowers [A]
    B -> A: movedReceived x
    B -> C: ref x, owner B
    B -> A: transfer x, borrowers [C, B]
       A gets from B: movedReceived x
       A gets from B: transfer x, borrowers [C, B]
    A -> B: movedReceived x
       C gets from B: ref x, owner B
    A -> C: ref x, owner A
  `);
});

test("the former owner dies before it has told a borrower: the new one does", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
    A -> C: ref x, owner A
       B gets from A: ref x, owner A
       C gets from A: ref x, owner A
    A -> B: transfer x, borrowers [C, A]
       B gets from A: transfer x, borrowers [C, A]
    B -> A: movedReceived x
    A dies
       B gets from A: gone
    B -> C: moved x to B
       C gets from B: moved x to B
    C -> B: borrow x for C
       B gets from C: borrow x for C
    B -> C: borrowed x of this process
       C gets from A: gone
       C gets from B: borrowed x of this process
    C -> B: movedReceived x
       B gets from C: movedReceived x
    C drops x
    C -> B: release x, 1 of C
       B gets from C: release x, 1 of C
       B frees x
  `);
});

test("a borrower that hears of the death first has lost the object, and is not waited for", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
    A -> C: ref x, owner A
       B gets from A: ref x, owner A
       C gets from A: ref x, owner A
    A -> B: transfer x, borrowers [C, A]
       B gets from A: transfer x, borrowers [C, A]
    B -> A: movedReceived x
    A dies
       C gets from A: gone
       C loses x
       B gets from A: gone
    B -> C: moved x to B
       C gets from B: moved x to B
    C -> B: movedReceived x
       B gets from C: movedReceived x
       B frees x
  `);
});

test("the owner dies: so do questions, also those that were passed on", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> C: ref x, owner A, #1
       C gets from B: ref x, owner A, #1
    C -> A: borrow x for C
    C -> D: ref x, owner C, #1
    A dies
       D gets from C: ref x, owner C, #1
    D -> C: borrow x for D
       C gets from D: borrow x for D
       B gets from A: gone
    B -> C: borrowed x: no such object
       B loses x
       C gets from A: gone
    C -> B: received #1
    C -> D: borrowed x: no such object
       C loses x
       D gets from C: borrowed x: no such object
    D -> C: received #1
       D loses x
  `);
});

test("the sender dies when the owner has counted the receiver", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> C: ref x, owner A, #1
    B dies
       C gets from B: ref x, owner A, #1
    C -> A: borrow x for C
       A gets from C: borrow x for C
    A -> C: borrowed x of this process
       A gets from B: gone
       C gets from A: borrowed x of this process
    C -> B: received #1
       C gets from B: gone
    A drops x
    C drops x
    C -> A: release x, 1 of C
       A gets from C: release x, 1 of C
       A frees x
  `);
});

test("the only one who could have passed on a question dies", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
       B gets from A: ref x, owner A
    B -> C: ref x, owner A, #1
       C gets from B: ref x, owner A, #1
    C -> A: borrow x for C
    C -> D: ref x, owner C, #1
       D gets from C: ref x, owner C, #1
    D -> C: borrow x for D
    C dies
       D gets from C: gone
       D loses x
       A gets from C: borrow x for C
    A -> C: borrowed x of this process
       A gets from C: gone
       B gets from C: gone
  `);
});

test("the new owner dies before anybody knows it", () => {
  replay(`
    A creates x
    A -> B: ref x, owner A
    A -> C: ref x, owner A
       B gets from A: ref x, owner A
       C gets from A: ref x, owner A
    A -> B: transfer x, borrowers [C, A]
    B dies
    C -> D: ref x, owner A, #1
       A gets from B: gone
       A loses x
    A -> C: moved x to B
       C gets from A: moved x to B
    C -> B: borrow x for C
       D gets from C: ref x, owner A, #1
    D -> A: borrow x for D
       A gets from D: borrow x for D
    A -> D: borrowed x: no such object
       C gets from B: gone
    C -> D: borrowed x: no such object
    C -> A: movedReceived x
       C loses x
       D gets from C: borrowed x: no such object
       D gets from B: gone
       D gets from A: borrowed x: no such object
    D -> C: received #1
       D loses x
       A gets from C: movedReceived x
  `);
});

test("an object is not given on before all know of the last move", () => {
  const network = new Network(3);
  const x = network.create(1);
  network.lend(1, x, 2);
  network.lend(1, x, 3);
  network.transfer(1, x, 2);
  for (const to of [2, 2, 3]) network.deliver(1, to);
  network.lend(2, x, 3);
  assert.equal(network.canTransfer(2, x, 3), false, "C takes A for the owner");
  deliverAll(network);
  network.lend(2, x, 3);
  assert.equal(network.canTransfer(2, x, 3), true);
});

test("nor if nobody has held it meanwhile", () => {
  const network = new Network(3);
  const x = network.create(1);
  network.lend(1, x, 2);
  network.deliver(1, 2);
  network.lend(2, x, 3);
  network.transfer(1, x, 2);
  network.drop(1, x);
  network.deliver(2, 3);
  network.drop(3, x);
  network.deliver(3, 1); // C asks A, which asks B and will tell C.
  for (let left = 3; left > 0; left--) network.deliver(1, 2);
  network.deliver(2, 3);
  for (let left = 2; left > 0; left--) network.deliver(3, 2);
  assert.equal(network.log.at(-1), "   B frees x");
  network.lend(2, x, 3);
  assert.equal(network.canTransfer(2, x, 3), false, "what A tells C is still to come");
  deliverAll(network);
  network.lend(2, x, 3);
  assert.equal(network.canTransfer(2, x, 3), true);
});
