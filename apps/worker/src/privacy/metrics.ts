import type { Pool } from '@core/db';
import { readPrivacyFigures } from '@core/domain';
import { Counter, Gauge, type Registry } from '@core/runtime';

/** The figures of privacy requests that wait, read at each scrape. No label names a merchant or a person. */
export function createPrivacyMetrics(registry: Registry, pool: Pool): { onShopRedacted: () => void } {
  const registers = [registry];
  const redacted = new Counter({
    name: 'core_privacy_shops_redacted_total',
    help: 'Redactions of shops that were completed',
    registers,
  });
  const oldest = new Gauge({
    name: 'core_privacy_request_oldest_seconds',
    help: 'Age of the oldest privacy request that is not done',
    registers,
  });
  const late = new Gauge({
    name: 'core_privacy_requests_overdue',
    help: 'Privacy requests that are not done after so many days: 20 is the alarm, 30 the deadline',
    labelNames: ['days'] as const,
    registers,
  });
  new Gauge({
    name: 'core_privacy_requests_pending',
    help: 'Privacy requests that are not done, by kind',
    labelNames: ['kind'] as const,
    registers,
    async collect() {
      const figures = await readPrivacyFigures(pool).catch(() => undefined); // the database is away: the last stand
      if (!figures) return;
      for (const [kind, n] of Object.entries(figures.pending)) this.set({ kind }, n);
      oldest.set(figures.oldestSeconds);
      late.set({ days: '20' }, figures.over20Days);
      late.set({ days: '30' }, figures.over30Days);
    },
  });
  return { onShopRedacted: () => redacted.inc() };
}
