import { after, before, test } from "node:test";
import { Fixture } from "./fixture.ts";

let fixture: Fixture;
before(async () => {
  fixture = new Fixture();
  await fixture.assertPasses("build");
});
after(() => fixture[Symbol.dispose]());

/** A page with one program and, if given, what it is said to print. */
function page(program: string, output?: string): string {
  const printed = output === undefined ? "" : `\n\`\`\`text\n${output}\n\`\`\`\n`;
  return `# Page\n\nSome words.\n\n\`\`\`ts\n${program}\n\`\`\`\n${printed}`;
}

test("docs finds type errors, by their lines on the page", async () => {
  await fixture.assertPasses("docs");
  const wrong = page(`import { remote } from "mobula";\nremote((x: number) => x)("one");`);
  const files = { "README.md": wrong, "docs/guide/first.md": wrong };
  const complaints = Object.keys(files).map((path) => `${path}(7,26): error TS2345`);
  await fixture.assertFinds("docs", files, ...complaints);
});

test("docs finds output that is not what the page says", async () => {
  const program = `console.log("a 1 b\\nc");`;
  const wrong = ["a 1 b\nd", "a 1 b", "a 1 b\nc\nd", "… b", "a … c", "…\nb"];
  const pages = wrong.map((output, i) => [`docs/wrong-${i}.md`, page(program, output)] as const);
  const complaints = wrong.map(
    (output, i) => `docs/wrong-${i}.md:6 prints:\na 1 b\nc\nbut the page says:\n${output}\n`,
  );
  await fixture.assertFinds("docs", Object.fromEntries(pages), ...complaints);
});

test("docs lets an ellipsis stand for anything, and joins continued blocks", async () => {
  const program = `console.log("a 1 b\\nc");`;
  const right = ["a … b\nc", "…\nc", "…", "a 1 b\n…\nc"];
  const blocks = "```ts\nlet n = 1;\n```\n\n```ts continued\nconsole.log((n += 1));\n```\n";
  fixture.write({
    "docs/ellipsis.md": right.map((output) => page(program, output)).join("\n"),
    "docs/continued.md": `${blocks}\n\`\`\`text\n2\n\`\`\`\n`,
  });
  await fixture.assertPasses("docs");
  const wrong = { "docs/continued.md": `${blocks}\n\`\`\`text\n3\n\`\`\`\n` };
  await fixture.assertFinds("docs", wrong, "docs/continued.md:2 prints:\n2\nbut the page says");
  fixture.remove("docs/ellipsis.md");
  fixture.remove("docs/continued.md");
});

test("docs finds a program that throws, and a block of unknown kind", async () => {
  const throwing = { "docs/first.md": page(`throw new Error("planted");`, "nothing") };
  await fixture.assertFinds("docs", throwing, "docs/first.md:6 exits with 1", "planted");
  const unknown = { "docs/first.md": "```ts runs\n1;\n```\n" };
  await fixture.assertFinds("docs", unknown, "docs/first.md:2: unknown kind of block: ts runs");
});

test("docs fails when it finds no program", async () => {
  await fixture.assertFinds("docs", { "README.md": "# Empty\n" }, "No TypeScript block found");
});

test("examples finds one that fails, one that is silent, one that leaves a process", async () => {
  await fixture.assertPasses("examples");
  const failing = { "examples/failing.ts": `throw new Error("planted");\n` };
  await fixture.assertFinds("examples", failing, "examples/failing.ts exits with 1", "planted");
  const silent = { "examples/silent.ts": "export {};\n" };
  await fixture.assertFinds("examples", silent, "examples/silent.ts prints nothing");
  const leaving = `import { spawn } from "node:child_process";
const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
child.unref();
console.log(child.pid);
`;
  const files = { "examples/leaving.ts": leaving };
  const output = await fixture.assertFinds(
    "examples",
    files,
    /leaving.ts leaves behind: process \d+/,
  );
  process.kill(Number(/process (\d+)/.exec(output)?.[1]), "SIGKILL");
});
