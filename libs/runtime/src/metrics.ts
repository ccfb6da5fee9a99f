import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { showLoops } from './loop/figures.ts';

export { Counter, Gauge, Histogram, Registry };

/** One registry a process, labelled with the app's name, with Node's own figures and those of the loops in it. */
export function createMetrics(app: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ app });
  collectDefaultMetrics({ register: registry });
  showLoops(registry);
  return registry;
}

/** The metrics of one process, in the form in which they travel to another. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The metrics of several processes as one: sums, unless a metric's `aggregator` says else. */
export const sumMetrics = (parts: readonly MetricValues[]): Registry =>
  AggregatorRegistry.aggregate([...parts]);
