import { poolReader, type Pool } from '@core/db';
import { readWebhookFigures, type WebhookFigures } from '@core/domain';
import { Counter, Gauge, type Registry } from '@core/runtime';
import { shareRead } from '../share-read.ts';

export type WebhookResult = 'applied' | 'ignored' | 'retried' | 'failed';

/**
 * Registers the metrics of waiting webhooks, read at each scrape, and of finished ones. No label names a
 * shop.
 */
export function createWebhookMetrics(
  registry: Registry,
  pool: Pool,
): {
  onEnd: (webhook: { topic: string }, end: WebhookResult) => void;
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
    help: 'Customers not stored exactly as a webhook says, by reason; invalid_email and email_shared: stored without the email',
    labelNames: ['topic', 'reason'] as const,
    registers,
  });
  const figures = shareRead(() => readWebhookFigures(poolReader(pool)));
  const gauge = (name: string, help: string, of: keyof WebhookFigures) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const now = await figures();
        if (now) this.set(now[of]);
      },
    });
  gauge('core_webhooks_oldest_age_seconds', 'Age of the oldest webhook that waits to be applied', 'age');
  gauge('core_webhooks_failed', 'Webhooks that were given up and are kept with their body', 'failed');
  gauge('core_webhooks_waiting', 'Webhooks that wait to be applied', 'waiting');
  return {
    onEnd: ({ topic }, outcome) => applied.inc({ topic, outcome }),
    onRowError: ({ topic }, reason) => rowErrors.inc({ topic, reason }),
  };
}
