import { inTransaction, type Pool } from '@core/db';
import { claimWebhookCheck, finishWebhookCheck, SHOP_LEASE_MS, type DueShop } from '@core/domain';
import { startLoop, type Logger, type Loop } from '@core/runtime';
import { Unauthorized } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import type { ImporterMetrics } from '../metrics.ts';
import { TokenRefused } from '../tokens/token-keeper.ts';
import { checkWebhooks, type CheckWebhooksDeps } from './check-webhooks.ts';

export interface KeepWebhooksDeps extends CheckWebhooksDeps {
  pool: Pool;
  metrics: Pick<ImporterMetrics, 'subscriptions' | 'webhookChecks'>;
  log: Logger;
}

const POLL_EVERY_MS = 5_000;
/** Shops that one importer checks at the same time: a shop that does not answer holds up only one of them. */
const AT_ONCE = 4;
const DAY_MS = 24 * 60 * 60_000;
const AGAIN_MS = 60 * 60_000;
/** Ends before the lease, so that no two importers change a shop at the same time. */
const LONGEST_CHECK_MS = SHOP_LEASE_MS - 60_000;

/** Starts the checks: each connected shop after its connection is proven, then daily. */
export const keepWebhooks = (deps: KeepWebhooksDeps): Loop[] =>
  Array.from({ length: AT_ONCE }, () =>
    startLoop({
      name: 'webhook check',
      log: deps.log,
      every: POLL_EVERY_MS,
      work: async (signal) => ((await checkNext(deps, signal)) ? 0 : POLL_EVERY_MS),
    }),
  );

/** Checks the shop that has waited longest. @returns false when none is due */
export async function checkNext(deps: KeepWebhooksDeps, signal: AbortSignal): Promise<boolean> {
  const due = await inTransaction(deps.pool, claimWebhookCheck);
  if (!due) return false;
  await check(deps, due, signal);
  return true;
}

async function check(deps: KeepWebhooksDeps, due: DueShop, signal: AbortSignal): Promise<void> {
  const { pool, metrics, log } = deps;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_CHECK_MS)]);
  let problems: string[] | undefined;
  let answeredAt: Date | undefined;
  let isRefused: boolean | undefined;
  try {
    problems = await checkWebhooks(deps, due, limited, (at) => {
      answeredAt = at;
      isRefused = false;
    });
    metrics.webhookChecks.inc({ outcome: problems.length > 0 ? 'refused' : 'ok' });
  } catch (err) {
    // Another importer takes over when the lease ends.
    if (signal.aborted) return;
    metrics.webhookChecks.inc({ outcome: 'failed' });
    // 402 and 423 say that the shop is frozen or locked. Shopify does not document whether it has checked the
    // token before. They count as no answer: they do not show whether the app is installed.
    // Source: shopify.dev/docs/api/usage/response-codes
    if (err instanceof Unauthorized || err instanceof TokenRefused) isRefused = true;
    const { merchantId: merchant_id, shop } = due;
    log.warn(
      { merchant_id, shop, err },
      'the webhooks of a shop could not be checked; tried again in an hour',
    );
  }
  const at = new Date(Date.now() + spread(problems ? DAY_MS : AGAIN_MS));
  await inTransactionOf(due, pool, (tx) =>
    finishWebhookCheck(tx, { due, at, problems, answeredAt, isRefused }),
  );
}

/** Returns a time around `ms`, so that shops that were due together do not stay so. */
const spread = (ms: number): number => ms * (0.75 + Math.random() / 2);
