/** Long cases can be cut short: `--scale 0.1` leaves a tenth of their work. */

/** How contenders' processes are told. */
export const SCALE_VARIABLE = "MOBULA_BENCH_SCALE";

/** A whole number, at least 1. */
export function scaled(amount: number): number {
  return Math.max(1, Math.round(amount * Number(process.env[SCALE_VARIABLE] ?? 1)));
}
