/**
 * The TypeScript blocks of a Markdown page, as programs.
 *
 * - ```ts            a program of its own: type-checked
 * - ```ts continued  goes on with the program of the block before
 * - ```ts unchecked  not looked at: a signature, a sketch
 * - ```text          right after one of these, at most one line of prose between: what the program
 *                    prints, so that it is run; `…` stands for anything within a line, and alone
 *                    on a line for any number of lines
 */

export interface Snippet {
  readonly page: string;
  /** Of the first block. */
  readonly line: number;
  /** Padded with empty lines: line numbers in the program are those of the page. */
  readonly code: string;
  /** `undefined`: the program is only type-checked. */
  readonly expected: string | undefined;
}

interface Block {
  readonly info: string;
  /** Of its first line of content, counted from 1. */
  readonly line: number;
  readonly endLine: number;
  readonly content: readonly string[];
}

export function readSnippets(page: string, markdown: string): Snippet[] {
  const lines = markdown.split(/\r?\n/);
  const snippets: Snippet[] = [];
  let previous: Block | undefined;
  for (const block of readBlocks(lines)) {
    const last = snippets.at(-1);
    if (block.info === "ts") {
      snippets.push({ page, line: block.line, code: pad("", block), expected: undefined });
    } else if (block.info === "ts continued") {
      if (last === undefined) throw new Error(`${page}:${block.line}: nothing to continue`);
      snippets.splice(-1, 1, { ...last, code: pad(last.code, block) });
    } else if (block.info === "text" && last && previous && isOutput(previous, block, lines)) {
      const expected = (last.expected ?? "") + block.content.join("\n") + "\n";
      snippets.splice(-1, 1, { ...last, expected });
    } else if (block.info.startsWith("ts ") && block.info !== "ts unchecked") {
      throw new Error(`${page}:${block.line}: unknown kind of block: ${block.info}`);
    }
    previous = block;
  }
  return snippets;
}

function readBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, fence, info = ""] = /^(`{3,})\s*(.*?)\s*$/.exec(lines[i] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.indexOf(fence, i + 1);
    const endIndex = end < 0 ? lines.length : end;
    blocks.push({
      info,
      line: i + 2,
      endLine: endIndex + 1,
      content: lines.slice(i + 1, endIndex),
    });
    i = endIndex;
  }
  return blocks;
}

function isOutput(program: Block, output: Block, lines: readonly string[]): boolean {
  if (program.info !== "ts" && program.info !== "ts continued") return false;
  const between = lines
    .slice(program.endLine, output.line - 2)
    .filter((line) => line.trim() !== "");
  return between.length <= 1 && !between.some((line) => line.startsWith("#"));
}

function pad(code: string, block: Block): string {
  const missing = block.line - 1 - (code.split("\n").length - 1);
  return `${code}${"\n".repeat(missing)}${block.content.join("\n")}\n`;
}

/** Whether `actual` is what the page shows, `…` standing for anything. */
export function isExpected(actual: string, expected: string): boolean {
  const pattern = normalize(expected)
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\n)*?" : `${escape(line).replaceAll("…", ".*?")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${normalize(actual)}\n`);
}

function normalize(text: string): string {
  return text.replaceAll(/[ \t]+$/gm, "").trimEnd();
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
