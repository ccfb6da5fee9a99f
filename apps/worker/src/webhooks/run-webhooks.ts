import { inTransaction } from '@core/db';
import { pruneWebhooks, WEBHOOKS_CHANNEL } from '@core/domain';
import { listenForWake } from '@core/events';
import { startLoop } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import { applyWaiting } from './apply-waiting.ts';
import { createWebhookMetrics } from './metrics.ts';

/** Those that are to be tried again announce themselves to nobody. */
const LOOK_EVERY_MS = 2_000;
/** Deaf, a webhook waits half of it on average. */
const LOOK_WHEN_DEAF_MS = 250;
/** A second delivery is known by its row; Shopify's come within hours. A failed one is a person's data, too. */
const KEEP_DAYS = 30;
const PRUNE_EVERY_MS = 60 * 60_000;

/** Applies webhooks as they come, until closed. Any number of workers may: each shop is one's at a time. */
export function runWebhooks({ pool, keys, log, metrics }: BackgroundDeps): Background {
  const wake = listenForWake(pool, WEBHOOKS_CHANNEL, log);
  const figures = createWebhookMetrics(metrics, pool);

  const apply = startLoop({
    name: 'apply webhooks',
    log,
    wake: wake.subscribe,
    backoff: { most: 5_000 },
    work: async () => {
      if (await applyWaiting({ pool, keys, log, ...figures })) return 0;
      return wake.listening() ? LOOK_EVERY_MS : LOOK_WHEN_DEAF_MS;
    },
  });
  const prune = startLoop({
    name: 'delete old webhooks',
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
