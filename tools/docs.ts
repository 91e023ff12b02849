/** Type-checks and runs the TypeScript blocks of README.md and docs/; `snippets.ts` reads them. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LeakCheck } from "./leaks.ts";
import { rootDirectory, run, toolEnvironment } from "./run.ts";
import { isExpected, readSnippets, type Snippet } from "./snippets.ts";

const SNIPPET_TIMEOUT_MS = 60_000;
const compilerOptions = {
  target: "ES2022",
  lib: ["ES2023"],
  module: "NodeNext",
  moduleDetection: "force",
  types: ["node"],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

function findPages(): string[] {
  const docs = join(rootDirectory, "docs");
  const pages = existsSync(docs) ? readdirSync(docs, { recursive: true, encoding: "utf8" }) : [];
  return [
    "README.md",
    ...pages.filter((page) => page.endsWith(".md")).map((page) => `docs/${page}`),
  ];
}

/** A folder outside the package, which reaches it as a user's program does. */
function createProject(): string {
  const project = mkdtempSync(join(tmpdir(), "mobula-docs-"));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(rootDirectory, join(project, "node_modules/mobula"));
  for (const used of ["@types", "apache-arrow"]) {
    symlinkSync(join(rootDirectory, "node_modules", used), join(project, "node_modules", used));
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  return project;
}

function fileName({ page, line }: Snippet): string {
  return `${page.replaceAll("/", "__")}.${line}.ts`;
}

/** Names the page instead of the file made from it. The line numbers are the same. */
function inTermsOfPages(output: string, project: string): string {
  return output
    .replaceAll(`${project}/`, "")
    .replaceAll(/([\w.-]+\.md)\.\d+\.ts/g, (_, page: string) => page.replaceAll("__", "/"));
}

async function checkTypes(project: string): Promise<void> {
  const { exitCode, output } = await run("tsc", ["-p", "."], { cwd: project });
  if (exitCode !== 0) fail(inTermsOfPages(output, project));
}

async function checkOutput(project: string, snippet: Snippet, expected: string): Promise<void> {
  const leaks = new LeakCheck();
  const { exitCode, stdout, output } = await run(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), join(project, fileName(snippet))],
    { cwd: project, env: toolEnvironment(leaks.mark), timeoutMs: SNIPPET_TIMEOUT_MS },
  );
  const where = `${snippet.page}:${snippet.line}`;
  if (exitCode !== 0) {
    fail(`${where} exits with ${exitCode}:\n${inTermsOfPages(output, project)}`);
  } else if (!isExpected(stdout, expected)) {
    fail(`${where} prints:\n${stdout}but the page says:\n${expected}`);
  }
  for (const leak of await leaks.find()) fail(`${where} leaves behind: ${leak}`);
}

function fail(reason: string): void {
  process.stdout.write(`${reason.trimEnd()}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const snippets = findPages().flatMap((page) =>
    readSnippets(page, readFileSync(join(rootDirectory, page), "utf8")),
  );
  if (snippets.length === 0) return fail("No TypeScript block found in README.md and docs/");
  const project = createProject();
  try {
    for (const snippet of snippets) writeFileSync(join(project, fileName(snippet)), snippet.code);
    await checkTypes(project);
    for (const snippet of snippets) {
      if (snippet.expected !== undefined) await checkOutput(project, snippet, snippet.expected);
    }
  } finally {
    rmSync(project, { recursive: true });
  }
}

await main();
