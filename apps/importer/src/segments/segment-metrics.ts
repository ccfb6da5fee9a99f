import { Counter, type Registry } from '@core/runtime';

export interface SegmentMetrics {
  customers: Counter<'outcome' | 'tier'>;
  failures: Counter<'tier'>;
}

export function createSegmentMetrics(registry: Registry): SegmentMetrics {
  const registers = [registry];
  return {
    customers: new Counter({
      name: 'core_segment_customers_total',
      help: "Customers whose segment was written to their shop, removed from it, or refused by it, by the shop's plan",
      labelNames: ['outcome', 'tier'],
      registers,
    }),
    failures: new Counter({
      name: 'core_segment_failures_total',
      help: 'Turns of writing segments to a shop that failed',
      labelNames: ['tier'],
      registers,
    }),
  };
}
