/** The smallest actor: an integer goes to its process and comes back. */
export class Echo {
  echo(n: number): number {
    return n;
  }

  pid(): number {
    return process.pid;
  }
}
