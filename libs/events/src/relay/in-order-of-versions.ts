interface Versioned {
  readonly customerId: string;
  readonly version: number;
}

/**
 * Returns the rows in the given order, except that no row precedes a lower version of its customer. Lower
 * versions are moved to just before it. Equal versions, as a replay appends them, keep their order.
 */
export function inOrderOfVersions<R extends Versioned>(rows: readonly R[]): readonly R[] {
  const waiting = Map.groupBy(rows, ({ customerId }) => customerId);
  if (![...waiting.values()].some(falls)) return rows;
  for (const each of waiting.values()) each.sort((a, b) => a.version - b.version);
  return rows.flatMap(({ customerId, version }) => {
    const own = waiting.get(customerId) ?? [];
    const higher = own.findIndex((row) => row.version > version);
    return own.splice(0, higher === -1 ? own.length : higher);
  });
}

const falls = (versions: readonly Versioned[]): boolean =>
  versions.some(({ version }, n) => n > 0 && version < (versions[n - 1] as Versioned).version);
