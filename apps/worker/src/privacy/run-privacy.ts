import { randomUUID } from 'node:crypto';
import { inTransaction, type Pool } from '@core/db';
import { listPrivacyRequests, PRIVACY_CHANNEL, redactShopStep } from '@core/domain';
import { listenForWake } from '@core/events';
import { backoff, pause, type Logger } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import { createPrivacyMetrics } from './metrics.ts';

/** Redactions come a few times a year, and have thirty days. */
const LOOK_EVERY_MS = 5_000;
const WARN_EVERY_MS = 60 * 60_000;
/** Ten days are left then. */
const ALARM_DAYS = 20;

/**
 * Carries out the redactions of shops, step by step, and warns of requests that nobody has answered, until closed. Any
 * number of workers may: each merchant is one's at a time, and whatever one leaves unfinished the next one goes on with.
 */
export function runPrivacy({ pool, keys, log, metrics }: BackgroundDeps): Background {
  const stopping = new AbortController();
  const { signal } = stopping;
  const wake = listenForWake(pool, PRIVACY_CHANNEL, log);
  const { onShopRedacted } = createPrivacyMetrics(metrics, pool);

  const redactShops = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      const seen = wake.news();
      try {
        const ctx = { caller: 'worker', requestId: randomUUID(), keys };
        const step = await inTransaction(pool, (tx) => redactShopStep(tx, ctx));
        failures = 0;
        if (step?.done) {
          onShopRedacted();
          const { merchantId: merchant_id, requestId: privacy_request_id } = step;
          log.info({ merchant_id, privacy_request_id }, 'a shop was redacted');
        }
        if (!step) await wake.wait(seen, LOOK_EVERY_MS, signal);
      } catch (err) {
        log.warn({ err }, 'a step of the redaction of a shop failed; trying again');
        await pause(backoff(failures++), signal);
      }
    }
  };
  const warn = async (): Promise<void> => {
    while (!signal.aborted) {
      await warnOfLate(pool, log).catch((err: unknown) =>
        log.warn({ err }, 'could not look for late privacy requests'),
      );
      await pause(WARN_EVERY_MS, signal);
    }
  };
  const running = Promise.all([redactShops(), warn()]);
  return {
    async close() {
      stopping.abort();
      await Promise.all([running, wake.close()]);
    },
  };
}

/** Ids alone; a shop's number of its own request is one. */
async function warnOfLate(pool: Pool, log: Logger): Promise<void> {
  const late = await inTransaction(pool, (tx) => listPrivacyRequests(tx, { olderThanDays: ALARM_DAYS }));
  for (const { merchantId, requestId, kind, dueAt } of late) {
    log.warn(
      { merchant_id: merchantId, privacy_request_id: requestId, kind, due_at: dueAt },
      'a privacy request is not done after 20 days; 30 is the deadline',
    );
  }
}
