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
      const values = measured.map(value).filter((each) => each !== undefined);
      return values.length === 0 ? '-' : withSpread(values);
    };
    const maxPercent = (share: 'steal' | 'others') =>
      (100 * Math.max(...measured.map((each) => each[share]))).toFixed(1);
    return {
      contestant: name,
      [unit]: of(({ perSecond }) => perSecond),
      'server CPU, us/op': of(({ serverUs }) => serverUs),
      'database CPU, us/op': of(({ databaseUs }) => databaseUs),
      'driver CPU, us/op': of(({ driverUs }) => driverUs),
      'p50, ms': of(({ p50 }) => p50),
      'p99, ms': of(({ p99 }) => p99),
      errors: String(measured.flatMap(({ errors }) => Object.values(errors)).reduce((sum, n) => sum + n, 0)),
      'max steal, %': maxPercent('steal'),
      'max other processes, %': maxPercent('others'),
    };
  });
}
