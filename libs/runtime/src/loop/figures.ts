import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * The figures of this process's loops, by name. They belong to the process, as Node's own figures do: a loop runs below
 * pools and clients that are opened without a registry, and passing one through all of them would cost a parameter at
 * each. `createMetrics` shows them.
 */
const labelNames = ['loop'] as const;
const rounds = new Counter({
  name: 'core_loop_rounds_total',
  help: 'Rounds of a background loop, failed ones included',
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
  help: 'Seconds that the rounds of a background loop took',
  labelNames,
  registers: [],
});
const lastSuccess = new Gauge({
  name: 'core_loop_last_success_timestamp_seconds',
  help: 'When a round of a background loop last succeeded',
  labelNames,
  registers: [],
  // The process whose loop stands still counts: a newer figure of another process would hide it.
  aggregator: 'min',
});

/** Has the registry show the figures of the loops. */
export function showLoops(registry: Registry): void {
  for (const metric of [rounds, failures, seconds, lastSuccess]) registry.registerMetric(metric);
}

export interface LoopFigures {
  succeeded(): void;
  failed(): void;
  ran(ms: number): void;
}

/** Creates the counters at once: an alarm on the increase of a counter misses the increase from absent to one. */
export function figuresOf(name: string): LoopFigures {
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
