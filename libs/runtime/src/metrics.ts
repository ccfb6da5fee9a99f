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

/**
 * Registers a gauge that reads a figure of this process at each scrape. Its label is the process, because a
 * sum would hide that one process has all the work.
 */
export function registerProcessGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number,
): void {
  new Gauge({
    name,
    help,
    labelNames: ['process'] as const,
    registers: [registry],
    collect() {
      this.set({ process: String(process.pid) }, read());
    },
  });
}

/** The metrics of one process, in the form that is sent to another process. */
export type MetricValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Merges the metrics of several processes: sums, unless a metric's `aggregator` differs. */
export const sumMetrics = (parts: readonly MetricValues[]): Registry =>
  AggregatorRegistry.aggregate([...parts]);
