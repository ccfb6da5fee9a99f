import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { inTransaction, type Pool } from '@core/db';
import {
  eraseRequested,
  listPrivacyRequests,
  PRIVACY_CHANNEL,
  redactShopStep,
  scheduleShopRedactions,
  type ScheduledShopRedaction,
  type ShopRedactionStep,
  type ShopRedactionPolicy,
} from '@core/domain';
import { startListener } from '@core/events';
import { startLoop, type Logger } from '@core/runtime';
import type { Background, BackgroundDeps } from '../background.ts';
import { createPrivacyMetrics } from './metrics.ts';

/** A slow poll is enough: a notification wakes the loops, and redactions have thirty days. */
const POLL_EVERY_MS = 5_000;
const WARN_EVERY_MS = 60 * 60_000;
/** The warning starts ten days before the deadline. */
const ALARM_DAYS = 20;

export interface RunPrivacyOptions extends BackgroundDeps {
  policy: ShopRedactionPolicy;
}

/**
 * Schedules shop redactions, carries them out step by step, erases the people whose erasure was requested
 * through the api, and warns of unanswered requests, until closed.
 * Any number of workers may run it: one worker at a time processes a merchant, and the next worker continues
 * an unfinished redaction.
 */
export function runPrivacy({ policy, pool, keys, log, metrics }: RunPrivacyOptions): Background {
  const wake = startListener(pool, PRIVACY_CHANNEL, log);
  const { onShopRedacted } = createPrivacyMetrics(metrics, pool);

  const redact = startLoop({
    name: 'shop redaction',
    log,
    every: POLL_EVERY_MS,
    wake: wake.subscribe,
    work: async () => {
      const ctx = { caller: 'worker', requestId: randomUUID(), keys };
      const { scheduled, held } = await inTransaction(pool, (tx) => scheduleShopRedactions(tx, ctx, policy));
      for (const one of scheduled) logPending(log, one);
      for (const one of held) logHeld(log, one, policy.most);
      const step = await inTransaction(pool, (tx) => redactShopStep(tx, ctx));
      if (step?.unanswered) logUnanswered(log, step);
      if (step?.superseded) logSuperseded(log, step);
      else if (step?.done) {
        onShopRedacted();
        log.info(idsOf(step), 'a shop was redacted');
      }
      return step ? 0 : POLL_EVERY_MS;
    },
  });
  const erase = startLoop({
    name: 'requested erasure',
    log,
    every: POLL_EVERY_MS,
    wake: wake.subscribe,
    work: async () => {
      const ctx = { caller: 'worker', requestId: randomUUID(), keys };
      const erased = await inTransaction(pool, (tx) => eraseRequested(tx, ctx));
      if (erased) log.info(idsOf(erased), 'a person was erased');
      return erased ? 0 : POLL_EVERY_MS;
    },
  });
  const warn = startLoop({
    name: 'privacy request check',
    log,
    every: WARN_EVERY_MS,
    work: () => warnOfWaiting(pool, log, policy),
  });
  return {
    close: async () => void (await Promise.all([redact.stop(), erase.stop(), warn.stop(), wake.close()])),
  };
}

const idsOf = ({ merchantId, requestId }: { merchantId: MerchantId; requestId: string }) => ({
  merchant_id: merchantId,
  privacy_request_id: requestId,
});

const logPending = (log: Logger, one: ScheduledShopRedaction): void =>
  log.warn(
    { ...idsOf(one), not_before: one.notBefore },
    'the redaction of a shop is pending; until it is done `npm run ops -- privacy cancel` stops it',
  );

const logSuperseded = (log: Logger, step: ShopRedactionStep): void =>
  log.info(
    idsOf(step),
    'the redaction of a shop was cancelled as superseded: the app was installed again, and the data stays',
  );

const logUnanswered = (log: Logger, { unanswered, ...one }: ShopRedactionStep): void =>
  log.warn(
    idsOf(one),
    unanswered === 'waits'
      ? 'the redaction of a shop is postponed by an hour: the shop seems to be connected, and has not answered ' +
          'whether the app is installed; see that an importer runs, or disconnect the shop if it has left'
      : 'the redaction of a shop begins, although the shop has not answered whether the app is installed: ' +
          'the deadline is near',
  );

const logHeld = (log: Logger, one: { merchantId: MerchantId; requestId: string }, most: number): void =>
  log.error(
    idsOf(one),
    `the redaction of a shop is held, because more than ${most} arrived within an hour: find out who sent them, ` +
      'then run `npm run ops -- privacy confirm` or `privacy cancel`',
  );

/** Logs only ids; the number that a shop gives to its request is an id, too. */
async function warnOfWaiting(pool: Pool, log: Logger, { most }: ShopRedactionPolicy): Promise<void> {
  const [late, shops] = await inTransaction(pool, async (tx) => [
    await listPrivacyRequests(tx, { olderThanDays: ALARM_DAYS }),
    await listPrivacyRequests(tx, { kind: 'shop_redact' }),
  ]);
  for (const request of late) {
    log.warn(
      { ...idsOf(request), kind: request.kind, due_at: request.dueAt },
      'a privacy request is not done after 20 days; 30 is the deadline',
    );
  }
  for (const request of shops) {
    const { notBefore, held } = request;
    if (held) logHeld(log, request, most);
    else if (notBefore && notBefore.getTime() > Date.now()) logPending(log, { ...request, notBefore });
  }
}
