/** Node's own arguments for workers: the driver's, less what must not be inherited. */

/** Options that belong to one process: debugging, tests, profiles, code given as an argument. */
const NOT_INHERITED =
  /^(-[eipc]|-pe|--(inspect|eval|print|interactive|check|test|watch|cpu-prof|heap-prof|input-type|experimental-default-type|env-file|run|title)(-.*)?)$/;

/** Of these the value is the next argument, unless it follows a "=". */
const TAKES_VALUE =
  /^(-[ep]|-pe|--(eval|print|title|input-type|inspect-port|debug-port|watch-path|env-file|env-file-if-exists|run|cpu-prof-(dir|name|interval)|heap-prof-(dir|name|interval)|test-(name-pattern|skip-pattern|reporter|reporter-destination|concurrency|timeout|shard|coverage-.*)|experimental-default-type))$/;

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
