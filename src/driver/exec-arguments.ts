/** Node's own arguments for workers: the driver's, less what must not be inherited. */

/**
 * Options that belong to one process: debugging, tests, profiles, code given as an argument. Each
 * stands for itself and for those that begin with it and a dash (`--inspect-brk`).
 */
const NOT_INHERITED = new RegExp(
  `^(-[eipc]|-pe|--(${[
    "check",
    "cpu-prof",
    "env-file",
    "eval",
    "experimental-default-type",
    "heap-prof",
    "input-type",
    "inspect",
    "interactive",
    "print",
    "run",
    "test",
    "title",
    "watch",
  ].join("|")})(-.*)?)$`,
);

/** Of these the value is the next argument, unless it follows a "=". */
const TAKES_VALUE = new RegExp(
  `^(-[ep]|-pe|--(${[
    "(cpu|heap)-prof-(dir|name|interval)",
    "env-file(-if-exists)?",
    "eval",
    "experimental-default-type",
    "input-type",
    "inspect-port",
    "print",
    "run",
    "test-(concurrency|coverage-.*|name-pattern|shard|skip-pattern|timeout)",
    "test-reporter(-destination)?",
    "title",
    "watch-path",
  ].join("|")}))$`,
);

export function inheritedExecArgv(execArgv: readonly string[]): string[] {
  const inherited: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const argument = execArgv[i]!;
    const equals = argument.indexOf("=");
    const name = equals < 0 ? argument : argument.slice(0, equals);
    if (!NOT_INHERITED.test(name)) inherited.push(argument);
    else if (equals < 0 && TAKES_VALUE.test(name)) i++;
  }
  return inherited;
}

/** The same for `NODE_OPTIONS`, whose items are separated by spaces unless quoted. */
export function inheritedNodeOptions(nodeOptions: string): string {
  const items = nodeOptions.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return inheritedExecArgv(items).join(" ");
}
