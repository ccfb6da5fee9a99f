import { poolReader, type Pool } from '@core/db';
import { readPrivacyFigures } from '@core/domain';
import { Counter, Gauge, type Registry } from '@core/runtime';
import { shareRead } from '../share-read.ts';

/**
 * Registers the metrics of pending privacy requests, read at each scrape. No label names a merchant or a
 * person.
 */
export function createPrivacyMetrics(registry: Registry, pool: Pool): { onShopRedacted: () => void } {
  const registers = [registry];
  const redacted = new Counter({
    name: 'core_privacy_shops_redacted_total',
    help: 'Completed shop redactions',
    registers,
  });
  const figures = shareRead(() => readPrivacyFigures(poolReader(pool)));
  new Gauge({
    name: 'core_privacy_requests_pending',
    help: 'Privacy requests that are not done, by kind',
    labelNames: ['kind'] as const,
    registers,
    async collect() {
      for (const [kind, n] of Object.entries((await figures())?.pending ?? {})) this.set({ kind }, n);
    },
  });
  new Gauge({
    name: 'core_privacy_request_oldest_seconds',
    help: 'Age of the oldest privacy request that is not done',
    registers,
    async collect() {
      const now = await figures();
      if (now) this.set(now.oldestSeconds);
    },
  });
  new Gauge({
    name: 'core_privacy_requests_overdue',
    help: 'Privacy requests that are not done after this number of days: 20 is the alarm, 30 the deadline',
    labelNames: ['days'] as const,
    registers,
    async collect() {
      const now = await figures();
      if (!now) return;
      this.set({ days: '20' }, now.over20Days);
      this.set({ days: '30' }, now.over30Days);
    },
  });
  new Gauge({
    name: 'core_privacy_shop_redactions_pending',
    help: 'Shop redactions that wait for their start time, or are held until an operator confirms them: alert on held',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      const now = await figures();
      if (!now) return;
      this.set({ state: 'waiting' }, now.shopsWaiting);
      this.set({ state: 'held' }, now.shopsHeld);
    },
  });
  new Gauge({
    name: 'core_privacy_shop_redaction_next_timestamp_seconds',
    help: 'Start time of the next shop redaction, seconds since the epoch; 0: none waits for its start time',
    registers,
    async collect() {
      const now = await figures();
      if (now) this.set(now.nextShopAt);
    },
  });
  return { onShopRedacted: () => redacted.inc() };
}
