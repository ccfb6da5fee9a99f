import type { Measured } from './rounds.ts';
import { withSpread } from './stats.ts';
import type { Rows } from '@core/testing';

/**
 * Returns one row per contestant: medians, with the spread over the rounds.
 * @param unit the heading of the column with the rates
 */
export function contestantRows<Name extends string>(
  clean: readonly Record<Name, Measured>[],
  unit: string,
): Rows {
  return (Object.keys(clean[0] ?? {}) as Name[]).map((name) => {
    const measured = clean.map((round) => round[name]);
    const of = (value: (each: Measured) => number | undefined) => {
      const seen = measured.map(value).filter((each) => each !== undefined);
      return seen.length === 0 ? '-' : withSpread(seen);
    };
    const most = (share: 'steal' | 'others') =>
      (100 * Math.max(...measured.map((each) => each[share]))).toFixed(1);
    return {
      contestant: name,
      [unit]: of(({ perSecond }) => perSecond),
      'server, CPU us': of(({ serverUs }) => serverUs),
      'database, CPU us': of(({ databaseUs }) => databaseUs),
      'driver, CPU us': of(({ driverUs }) => driverUs),
      'p50, ms': of(({ p50 }) => p50),
      'p99, ms': of(({ p99 }) => p99),
      errors: String(measured.flatMap(({ errors }) => Object.values(errors)).reduce((sum, n) => sum + n, 0)),
      'most steal, %': most('steal'),
      'most by others, %': most('others'),
    };
  });
}
