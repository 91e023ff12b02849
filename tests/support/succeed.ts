import { rootDirectory, run } from "../../tools/run.ts";

/** Standard output of a command that must not fail. */
export async function succeed(
  command: string,
  args: readonly string[],
  cwd: string = rootDirectory,
): Promise<string> {
  const { exitCode, output, stdout } = await run(command, args, { cwd });
  if (exitCode !== 0) {
    throw new Error(`Cannot run ${command} ${args.join(" ")}: exit code ${exitCode}\n${output}`);
  }
  return stdout;
}
