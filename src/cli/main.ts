#!/usr/bin/env node
/** Entry of the program `mobula`: `mobula memory`, `mobula list actors`, … */

import { parseArgs } from "node:util";
import { UsageError, type Command, type OptionValues, type Output } from "./command.ts";
import { list } from "./list.ts";
import { memory } from "./memory.ts";

const COMMANDS: Readonly<Record<string, Command>> = { list, memory };

const EXIT_USAGE = 2;

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => {
    return `  ${name.padEnd(10)}${summary}`;
  });
  return `Usage: mobula <command> [options]

Looks at running Mobula programs of this user.

Commands:
${lines.join("\n")}

mobula <command> --help says more.
`;
}

async function main(args: readonly string[], output: Output): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    output.out(help());
    return name === undefined ? EXIT_USAGE : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new UsageError(`Cannot run ${name}: there is no such command; mobula --help lists all`);
  }
  const { values, operands } = parse(name, command, rest);
  if (values["help"] === true) {
    output.out(command.help);
    return 0;
  }
  return command.run(values, operands, output);
}

interface Given {
  readonly values: OptionValues;
  readonly operands: readonly string[];
}

function parse(name: string, command: Command, args: readonly string[]): Given {
  const options = { ...command.options, help: { type: "boolean", short: "h" } } as const;
  try {
    const allowPositionals = command.takesOperands;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals });
    return { values, operands: positionals };
  } catch (error) {
    // "Unknown option '--jsno'. To specify …"
    const [reason = ""] = (error as Error).message.split(/\.\s/);
    const text = `Cannot run ${name}: ${reason}; mobula ${name} --help lists the options`;
    throw new UsageError(text, { cause: error });
  }
}

const output: Output = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

// Whoever reads the output may have enough of it: `mobula memory | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  process.exitCode = await main(process.argv.slice(2), output);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  output.error(`${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
