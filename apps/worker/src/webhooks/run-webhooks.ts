import { inTransaction } from '@core/db';
import { pruneWebhooks, WEBHOOKS_CHANNEL } from '@core/domain';
import { startListener } from '@core/events';
import { startLoop } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import { applyWaiting } from './apply-waiting.ts';
import { createWebhookMetrics } from './metrics.ts';

/** A retry that becomes due sends no notification: only a poll finds it. */
const POLL_EVERY_MS = 2_000;
/** Poll interval without LISTEN: a webhook waits half of it on average. */
const POLL_WITHOUT_LISTEN_MS = 250;
/**
 * The row of a webhook identifies a second delivery; Shopify repeats one within hours. A failed webhook
 * contains personal data, so it is kept no longer.
 */
const KEEP_DAYS = 30;
const PRUNE_EVERY_MS = 60 * 60_000;

/**
 * Applies webhooks as they arrive, until closed. Any number of workers may run it: each shop has one at a
 * time.
 */
export function runWebhooks({ pool, keys, log, metrics }: BackgroundDeps): Background {
  const wake = startListener(pool, WEBHOOKS_CHANNEL, log);
  const figures = createWebhookMetrics(metrics, pool);

  const apply = startLoop({
    name: 'webhook processing',
    log,
    wake: wake.subscribe,
    backoff: { most: 5_000 },
    work: async () => {
      if (await applyWaiting({ pool, keys, log, ...figures })) return 0;
      return wake.listening() ? POLL_EVERY_MS : POLL_WITHOUT_LISTEN_MS;
    },
  });
  const prune = startLoop({
    name: 'webhook pruning',
    log,
    every: PRUNE_EVERY_MS,
    work: async () => {
      const more = await inTransaction(pool, (tx) => pruneWebhooks(tx, { days: KEEP_DAYS }));
      return more ? 0 : PRUNE_EVERY_MS;
    },
  });
  return {
    close: async () => void (await Promise.all([apply.stop(), prune.stop(), wake.close()])),
  };
}
