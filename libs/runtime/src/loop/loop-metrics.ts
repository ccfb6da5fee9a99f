import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * The metrics of this process's loops, by name. They belong to the process, like Node's own metrics: a loop
 * runs below pools and clients that are opened without a registry, and passing one through would cost a
 * parameter at each. `createMetrics` exports them.
 */
const labelNames = ['loop'] as const;
const rounds = new Counter({
  name: 'core_loop_rounds_total',
  help: 'Rounds of a background loop, including failed ones',
  labelNames,
  registers: [],
});
const failures = new Counter({
  name: 'core_loop_failures_total',
  help: 'Rounds of a background loop that failed',
  labelNames,
  registers: [],
});
const seconds = new Counter({
  name: 'core_loop_seconds_total',
  help: 'Total duration of the rounds of a background loop, in seconds',
  labelNames,
  registers: [],
});
const lastSuccess = new Gauge({
  name: 'core_loop_last_success_timestamp_seconds',
  help: 'Unix time at which a round of a background loop last succeeded',
  labelNames,
  registers: [],
  // The minimum shows a process whose loop has stopped: the newer time of another process would hide it.
  aggregator: 'min',
});

/** Registers the metrics of the loops. */
export function registerLoopMetrics(registry: Registry): void {
  for (const metric of [rounds, failures, seconds, lastSuccess]) registry.registerMetric(metric);
}

export interface LoopFigures {
  succeeded(): void;
  failed(): void;
  ran(ms: number): void;
}

/** Creates the counters at once: an alert on the increase of a counter misses the step from absent to one. */
export function loopMetrics(name: string): LoopFigures {
  const [all, failed, took] = [rounds.labels(name), failures.labels(name), seconds.labels(name)];
  const last = lastSuccess.labels(name);
  failed.inc(0);
  return {
    succeeded: () => last.setToCurrentTime(),
    failed: () => failed.inc(),
    ran(ms) {
      all.inc();
      took.inc(ms / 1_000);
    },
  };
}
