/**
 * Line breaks put back where a compiler that keeps everything on one line (tsx) took them out, so
 * that stack traces of shipped functions show the lines of the user's file.
 */

import { SourceMap, type SourceMapPayload } from "node:module";
import { parseExpressionAt, type Token } from "acorn";
import type { Edit } from "./edits.ts";
import type { Position } from "./evaluation.ts";
import { PARSE_OPTIONS } from "./syntax.ts";

const INLINE_MAP = /\/\/# sourceMappingURL=data:application\/json[^,]*;base64,([\w+/=]+)\s*$/;

/** The source map that a script carries inside; one in a file of its own is the user's choice. */
export function readInlineMap(source: string): SourceMap | undefined {
  const encoded = INLINE_MAP.exec(source.slice(source.lastIndexOf("//#")))?.[1];
  if (encoded === undefined) return undefined;
  const payload = JSON.parse(Buffer.from(encoded, "base64").toString()) as SourceMapPayload;
  return payload.sources.length === 1 ? new SourceMap(payload) : undefined;
}

export function findOriginalPosition(map: SourceMap, { line, column }: Position): Position {
  const entry = map.findEntry(line, column);
  if (!("originalLine" in entry)) return { line, column };
  return { line: entry.originalLine, column: entry.originalColumn };
}

/** A line break after one of these, or before those below, would end a statement. */
const STICKY = new Set([
  "return",
  "throw",
  "break",
  "continue",
  "yield",
  "async",
  "await",
  "using",
  "get",
  "set",
  "static",
  "accessor",
]);
const STICKS = new Set(["=>", "++/--"]);
const TEMPLATE = new Set(["template", "invalidTemplate", "`", "${"]);

/**
 * Line breaks that bring each token of `source` to its line. `lineOf`: the original line of what
 * stands at an offset. Nothing is put inside `edits`.
 */
export function layOut(
  source: string,
  lineOf: (offset: number) => number,
  edits: readonly Edit[],
): Edit[] {
  const tokens: Token[] = [];
  parseExpressionAt(source, 0, { ...PARSE_OPTIONS, onToken: tokens });
  const lines = tokens.map(({ start }) => lineOf(start));
  const breaks: Edit[] = [];
  let line = lines[0] ?? 0;
  for (const [index, token] of tokens.entries()) {
    const { start, end } = token;
    const previous = tokens[index - 1];
    line += countBreaks(source.slice(previous?.end ?? start, start));
    const missing = (lines[index] ?? line) - line;
    const isInside = edits.some((edit) => edit.start < start && start < edit.end);
    if (missing > 0 && !isInside && previous && canBreak(previous, token, source)) {
      breaks.push({ start, end: start, text: "\n".repeat(missing) });
      line += missing;
    }
    line += countBreaks(source.slice(start, end));
  }
  return breaks;
}

function canBreak(previous: Token, next: Token, source: string): boolean {
  return (
    !STICKY.has(source.slice(previous.start, previous.end)) &&
    !STICKS.has(next.type.label) &&
    !TEMPLATE.has(previous.type.label) &&
    !TEMPLATE.has(next.type.label)
  );
}

function countBreaks(text: string): number {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).length - 1;
}
