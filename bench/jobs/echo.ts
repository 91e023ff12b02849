/** The smallest task: an integer goes to a worker and comes back. */
export default function echo(n: number): number {
  return n;
}
