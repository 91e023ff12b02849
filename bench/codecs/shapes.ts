/** What the codecs carry: five values that programs really send, and what must arrive. */

class Account {
  readonly id: number;
  owner: string;
  balance: number;
  history: readonly number[];

  constructor(id: number) {
    this.id = id;
    this.owner = `owner ${id}`;
    this.balance = id * 1.5;
    this.history = [id, id + 1, id + 2];
  }
}

function record(id: number): object {
  const tags = ["x", `t${id % 7}`];
  const address = { city: "Berlin", zip: 10_000 + id };
  const email = `person${id}@example.com`;
  return { id, name: `person ${id}`, email, score: id * 1.5, active: id % 2 === 0, tags, address };
}

function group(id: number): [string, Map<string, Set<unknown>>] {
  const members = new Set(Array.from({ length: 10 }, (_, index) => id * index));
  const names = new Set([`n${id}`, `m${id}`]);
  const sets: [string, Set<unknown>][] = [
    ["members", members],
    ["names", names],
  ];
  return [`group ${id}`, new Map(sets)];
}

const SENTENCE = "The quick brown fox jumps over the lazy dog. ";

export const SHAPES = {
  "small call": [42, "user-17", { limit: 100, verbose: false, tags: ["a", "b"] }],
  "1,000 records": Array.from({ length: 1_000 }, (_, id) => record(id)),
  "nested Map/Set": new Map(Array.from({ length: 100 }, (_, id) => group(id))),
  "1 MB string": SENTENCE.repeat(23_302).slice(0, 2 ** 20),
  classes: Array.from({ length: 100 }, (_, id) => new Account(id)),
} as const;

export type ShapeName = keyof typeof SHAPES;
export const SHAPE_NAMES = Object.keys(SHAPES) as ShapeName[];
