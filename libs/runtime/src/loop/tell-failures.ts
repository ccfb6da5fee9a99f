import type { Logger } from '../logger.ts';

export interface TellFailures {
  /** Absent: failures are counted and not told, for work that tells them in its own words. */
  log?: Pick<Logger, 'info' | 'warn' | 'error'> | undefined;
  /** The level of the first failure of a row; a warning unless given. */
  level?: 'warn' | 'error';
  /** Returns the settings to check if it stays so; undefined when the failure says it itself. */
  advise?: (error: unknown) => string | undefined;
}

/** Consecutive failures of one loop, as the log has them. */
export interface FailureRow {
  /** @param waitMs until it is tried again */
  failed(error: unknown, waitMs: number): void;
  succeeded(): void;
  /** Failures since the last success. */
  count(): number;
}

/**
 * Tells the first failure of a row and the success that ends it. Each failure would flood the log for as long as an outage
 * lasts; the rest is in `core_loop_failures_total`.
 */
export function tellFailures(name: string, { log, level = 'warn', advise }: TellFailures): FailureRow {
  let failures = 0;
  let since = 0;
  return {
    failed(err, waitMs) {
      if (failures++ > 0) return;
      since = performance.now();
      const about = { err, loop: name, retry_in_ms: Math.round(waitMs) };
      log?.[level](about, [`could not ${name}; trying again`, advise?.(err)].filter(Boolean).join(': '));
    },
    succeeded() {
      if (failures === 0) return;
      const about = { loop: name, failures, failing_ms: Math.round(performance.now() - since) };
      log?.info(about, `can ${name} again`);
      failures = 0;
    },
    count: () => failures,
  };
}
