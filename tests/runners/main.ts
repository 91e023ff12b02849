/**
 * Every case under every way to run a program: `npm run grid`, or `npm run grid -- jest 22` for
 * those of one Node whose name has the other words. Installs what it needs into the cache folder.
 */

import { join } from "node:path";
import Table from "cli-table3";
import { provideNode } from "./nodes.ts";
import { play, type Outcome } from "./play.ts";
import { Workspace } from "./project.ts";
import type { Runner } from "./forms.ts";
import { runners } from "./runners.ts";

const NODES = [20, 22, 24];
/** Of the failures of one run, for most have one cause. */
const SHOWN_MAX = 5;
/** No lines between the rows. */
const COMPACT = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

interface Cell {
  readonly runner: Runner;
  readonly node: number;
}

function select(words: readonly string[]): Cell[] {
  const cells = runners.flatMap((runner) =>
    (runner.nodes ?? NODES).map((node) => ({ runner, node })),
  );
  return cells.filter(({ runner, node }) => {
    const name = runner.name.toLowerCase();
    return words.every((word) =>
      NODES.includes(Number(word)) ? Number(word) === node : name.includes(word.toLowerCase()),
    );
  });
}

async function playCell(workspace: Workspace, { runner, node }: Cell): Promise<Outcome> {
  const name = `${runner.name} ${node}`.replaceAll(/\W+/g, "-");
  try {
    return await play(runner, await provideNode(node), join(workspace.directory, name));
  } catch (error) {
    return { passed: 0, failed: 1, failures: [String(error)] };
  }
}

function show(title: string, { failures }: Outcome): void {
  for (const text of failures.slice(0, SHOWN_MAX)) process.stdout.write(`${title}: ${text}\n`);
  const more = failures.length - SHOWN_MAX;
  if (more > 0) process.stdout.write(`${title}: and ${more} more\n`);
}

async function main(): Promise<void> {
  const cells = select(process.argv.slice(2));
  if (cells.length === 0) throw new Error("Cannot run the grid: no runner has such a name");
  using workspace = await Workspace.create();
  const head = ["runner", "Node", "passed", "failed"];
  const table = new Table({ head, style: { head: [], border: [] }, chars: COMPACT });
  for (const cell of cells) {
    const outcome = await playCell(workspace, cell);
    show(`${cell.runner.name}, Node ${cell.node}`, outcome);
    table.push([cell.runner.name, cell.node, outcome.passed, outcome.failed]);
    if (outcome.failed > 0) process.exitCode = 1;
  }
  process.stdout.write(`${table.toString()}\n`);
}

await main();
