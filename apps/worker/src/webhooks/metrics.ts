import type { Pool } from '@core/db';
import { Counter, Gauge, type Registry } from '@core/runtime';

export type WebhookEnd = 'applied' | 'ignored' | 'retried' | 'failed';

/** The figures of waiting webhooks, read at each scrape, and of those that are done. No label names a shop. */
export function createWebhookMetrics(
  registry: Registry,
  pool: Pool,
): {
  onEnd: (webhook: { topic: string }, end: WebhookEnd) => void;
  onRowError: (webhook: { topic: string }, reason: string) => void;
} {
  const registers = [registry];
  const applied = new Counter({
    name: 'core_webhooks_applied_total',
    help: 'Webhooks by topic and outcome: applied, ignored (nothing new), retried (an attempt failed), failed (given up)',
    labelNames: ['topic', 'outcome'] as const,
    registers,
  });
  const rowErrors = new Counter({
    name: 'core_webhooks_row_errors_total',
    help: 'Customers not stored as a webhook told, by reason: invalid_email and email_shared are stored without it',
    labelNames: ['topic', 'reason'] as const,
    registers,
  });
  const oldest = new Gauge({
    name: 'core_webhooks_oldest_age_seconds',
    help: 'Age of the oldest webhook that waits to be applied',
    registers,
  });
  const failed = new Gauge({
    name: 'core_webhooks_failed',
    help: 'Webhooks that were given up and are kept with their body',
    registers,
  });
  new Gauge({
    name: 'core_webhooks_waiting',
    help: 'Webhooks that wait to be applied',
    registers,
    async collect() {
      const figures = await readFigures(pool).catch(() => undefined); // the database is away: the last figures stand
      if (!figures) return;
      this.set(Number(figures.waiting));
      oldest.set(Number(figures.age));
      failed.set(Number(figures.failed));
    },
  });
  return {
    onEnd: ({ topic }, outcome) => applied.inc({ topic, outcome }),
    onRowError: ({ topic }, reason) => rowErrors.inc({ topic, reason }),
  };
}

async function readFigures(pool: Pool) {
  const { rows } = await pool.query<{ waiting: string; age: string; failed: string }>(
    `select count(*) filter (where outcome is null) as waiting,
            count(*) filter (where outcome = 'failed') as failed,
            coalesce(extract(epoch from now() - min(received_at) filter (where outcome is null)), 0) as age
       from webhook_events where outcome is null or outcome = 'failed'`,
  );
  return rows[0];
}
