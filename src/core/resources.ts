/**
 * Amounts of resources, counted in ten-thousandths so that fractions add up exactly
 * (0.1 + 0.2 of a CPU is 0.3 of a CPU).
 */

/** One of a resource, in units. */
export const UNITS_PER_ONE = 10_000;

/** Resource of processor cores, and of reserved memory in bytes. */
export const CPU = "CPU";
export const MEMORY = "memory";

/** What a task holds while it runs. Demands with the same `key` are equal. */
export interface Demand {
  readonly key: string;
  /** Resource → units; positive amounts only, sorted by name. */
  readonly amounts: readonly (readonly [string, number])[];
}

/** Amounts as users write them; zero amounts are left out. */
export function demandOf(amounts: Readonly<Record<string, number>>): Demand {
  const entries = Object.entries(amounts)
    .map(([name, amount]) => [name, Math.round(amount * UNITS_PER_ONE)] as const)
    .filter(([, units]) => units > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { key: entries.map(([name, units]) => `${name}=${units}`).join(","), amounts: entries };
}

/** The demand as users write it. */
export function amountsOf(demand: Demand): Record<string, number> {
  return Object.fromEntries(demand.amounts.map(([name, units]) => [name, units / UNITS_PER_ONE]));
}

/** What the demand is limited to, if it says so. */
export function memoryBytesOf({ amounts }: Demand): number | undefined {
  const units = amounts.find(([name]) => name === MEMORY)?.[1];
  return units === undefined ? undefined : units / UNITS_PER_ONE;
}

/** What of the demand is of one resource. */
export function onlyOf({ key, amounts }: Demand, resource: string): Demand {
  return { key: `${key};${resource}`, amounts: amounts.filter(([name]) => name === resource) };
}

/** The demand but for one resource. */
export function without({ key, amounts }: Demand, resource: string): Demand {
  return { key: `${key};-${resource}`, amounts: amounts.filter(([name]) => name !== resource) };
}

/** Whether `inner` asks for nothing that `outer` does not hold. */
export function isWithin(inner: Demand, outer: Demand): boolean {
  if (inner.key === outer.key) return true;
  const held = new Map(outer.amounts);
  return inner.amounts.every(([name, units]) => units <= (held.get(name) ?? 0));
}

/** Why a demand can never be met: the machine has `total` of the resource. */
export interface Shortage {
  readonly resource: string;
  readonly requested: number;
  readonly total: number;
}

/** The resources of one machine. */
export class ResourcePool {
  readonly #total: ReadonlyMap<string, number>;
  readonly #available: Map<string, number>;

  constructor(total: Demand) {
    this.#total = new Map(total.amounts);
    this.#available = new Map(this.#total);
  }

  /** The first resource of which the machine has too little even when idle. */
  shortage(demand: Demand): Shortage | undefined {
    for (const [resource, units] of demand.amounts) {
      const total = this.#total.get(resource) ?? 0;
      if (units > total) {
        return { resource, requested: units / UNITS_PER_ONE, total: total / UNITS_PER_ONE };
      }
    }
    return undefined;
  }

  /** The resources of which there is too little now; empty when the demand fits. */
  missing(demand: Demand): string[] {
    return demand.amounts
      .filter(([resource, units]) => units > (this.#available.get(resource) ?? 0))
      .map(([resource]) => resource);
  }

  /**
   * Takes the demand out. What is available may become negative: a task that waited takes its
   * CPU back at once, and nothing new starts until the debt is paid.
   */
  acquire(demand: Demand): void {
    for (const [resource, units] of demand.amounts) {
      this.#available.set(resource, (this.#available.get(resource) ?? 0) - units);
    }
  }

  release(demand: Demand): void {
    for (const [resource, units] of demand.amounts) {
      this.#available.set(resource, (this.#available.get(resource) ?? 0) + units);
    }
  }

  total(): Record<string, number> {
    return inOnes(this.#total);
  }

  available(): Record<string, number> {
    return inOnes(this.#available);
  }

  /** Throws unless exactly `held` is taken out. */
  validate(held: Iterable<Demand>): void {
    const expected = new Map(this.#total);
    for (const demand of held) {
      for (const [resource, units] of demand.amounts) {
        expected.set(resource, (expected.get(resource) ?? 0) - units);
      }
    }
    for (const [resource, units] of expected) {
      const available = this.#available.get(resource) ?? 0;
      if (available !== units) {
        throw new Error(
          `Cannot hold resources: ${available} units of ${resource} are available, ` +
            `the leases leave ${units}`,
        );
      }
    }
  }
}

function inOnes(amounts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...amounts].map(([name, units]) => [name, units / UNITS_PER_ONE]));
}
