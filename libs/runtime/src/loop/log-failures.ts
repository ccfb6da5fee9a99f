import type { Logger } from '../logger.ts';

export interface FailureLogging {
  /** Absent: failures are counted and not logged, for work that logs them itself. */
  log?: Pick<Logger, 'info' | 'warn' | 'error'> | undefined;
  /** The level of the first failure of a series; a warning by default. */
  level?: 'warn' | 'error';
  /**
   * Returns advice on the settings to check if the failure persists; undefined when the failure explains
   * itself.
   */
  advise?: (error: unknown) => string | undefined;
}

/** A series of consecutive failures of one loop, for the log. */
export interface FailureSeries {
  /** @param waitMs the time until the next try */
  failed(error: unknown, waitMs: number): void;
  succeeded(): void;
  /** Failures since the last success. */
  count(): number;
}

/**
 * Logs the first failure of a series and the success that ends it. Logging every failure would flood the log
 * during an outage; the others are counted in `core_loop_failures_total`.
 */
export function logFailures(name: string, { log, level = 'warn', advise }: FailureLogging): FailureSeries {
  let failures = 0;
  let since = 0;
  return {
    failed(err, waitMs) {
      if (failures++ > 0) return;
      since = performance.now();
      const about = { err, loop: name, retry_in_ms: Math.round(waitMs) };
      log?.[level](about, [`${name} failed; trying again`, advise?.(err)].filter(Boolean).join(': '));
    },
    succeeded() {
      if (failures === 0) return;
      const about = { loop: name, failures, failing_ms: Math.round(performance.now() - since) };
      log?.info(about, `${name} works again`);
      failures = 0;
    },
    count: () => failures,
  };
}
