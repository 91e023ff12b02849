/**
 * Decides which faults happen. A process that has none has no `Faults` either, so where they could
 * happen one comparison is all that they cost.
 */

import { FAULT_NAMES, type FaultKind } from "./fault-kinds.ts";
import type { FaultSettings } from "./fault-settings.ts";

/** Odd, and their bits look random: they keep the sequences apart. */
const STEP = 0x9e37_79b9;
const KIND_STEP = 0x85eb_ca6b;
const PROCESS_STEP = 0xc2b2_ae35;

export class Faults {
  readonly #settings: FaultSettings;
  readonly #happened: (kind: FaultKind) => void;
  /** Each kind has a sequence of its own: what one decides does not change the others. */
  readonly #states = new Map<FaultKind, number>();

  /** `happened` is called ahead of each fault, which may be the end of the process. */
  constructor(settings: FaultSettings, processId: number, happened: (kind: FaultKind) => void) {
    this.#settings = settings;
    this.#happened = happened;
    FAULT_NAMES.forEach((kind, index) => {
      const own = Math.imul(index + 1, KIND_STEP) ^ Math.imul(processId + 1, PROCESS_STEP);
      this.#states.set(kind, (settings.seed ^ own) >>> 0);
    });
  }

  /** Whether the fault happens this time. */
  happens(kind: FaultKind): boolean {
    const chance = this.#settings.chances[kind] ?? 0;
    if (this.fraction(kind) >= chance) return false;
    this.#happened(kind);
    return true;
  }

  /** From 0 to below 1: how long, or where. */
  fraction(kind: FaultKind): number {
    const state = (this.#states.get(kind)! + STEP) >>> 0;
    this.#states.set(kind, state);
    return scramble(state) / 2 ** 32;
  }
}

/** Spreads the bits of a number (murmur3). */
function scramble(number: number): number {
  let hash = number;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
