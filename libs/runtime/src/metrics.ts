import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerLoopMetrics } from './loop/loop-metrics.ts';

export { Counter, Gauge, Histogram, Registry };

/**
 * Creates the registry of a process. It is labeled with the app's name and contains Node's own metrics and
 * those of the loops.
 */
export function createMetrics(app: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ app });
  collectDefaultMetrics({ register: registry });
  registerLoopMetrics(registry);
  return registry;
}

/** The metrics of one process, in the form that is sent to another process. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Merges the metrics of several processes: sums, unless a metric's `aggregator` differs. */
export const sumMetrics = (parts: readonly MetricValues[]): Registry =>
  AggregatorRegistry.aggregate([...parts]);
