import { inTransaction } from '@core/db';
import { pruneWebhooks, WEBHOOKS_CHANNEL } from '@core/domain';
import { listenForWake } from '@core/events';
import { backoff, pause } from '@core/runtime';
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
  const stopping = new AbortController();
  const { signal } = stopping;
  const wake = listenForWake(pool, WEBHOOKS_CHANNEL, log);
  const figures = createWebhookMetrics(metrics, pool);

  const apply = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      const seen = wake.news();
      try {
        const busy = await applyWaiting({ pool, keys, log, ...figures });
        failures = 0;
        if (!busy) await wake.wait(seen, wake.listening() ? LOOK_EVERY_MS : LOOK_WHEN_DEAF_MS, signal);
      } catch (err) {
        log.warn({ err }, 'could not apply webhooks; trying again');
        await pause(backoff(failures++), signal);
      }
    }
  };
  const prune = async (): Promise<void> => {
    while (!signal.aborted) {
      const more = await inTransaction(pool, (tx) => pruneWebhooks(tx, { days: KEEP_DAYS })).catch(
        (err: unknown) => {
          log.warn({ err }, 'could not delete old webhooks');
          return false;
        },
      );
      if (!more) await pause(PRUNE_EVERY_MS, signal);
    }
  };
  const running = Promise.all([apply(), prune()]);
  return {
    async close() {
      stopping.abort();
      await Promise.all([running, wake.close()]);
    },
  };
}
