import { type MerchantKeyStore } from '@core/crypto';
import { inTransaction, isConnectionLoss, type Pool, type Tx } from '@core/db';
import {
  failWebhook,
  finishWebhook,
  decryptWebhookBody,
  claimWebhooks,
  type CommandContext,
  type WaitingWebhook,
} from '@core/domain';
import type { Logger } from '@core/runtime';
import { applyWebhook } from './apply-webhook.ts';
import { decideRetry } from './decide-retry.ts';
import type { WebhookResult } from './metrics.ts';
import { parsePayload, UnreadableWebhook } from './payloads.ts';
import { inSourceOrder, type DecryptedWebhook } from './source-order.ts';

export interface ApplyWaitingDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  log: Logger;
  onEnd: (webhook: WaitingWebhook, end: WebhookResult) => void;
  /** Called for each customer that was not stored exactly as the webhook says. */
  onRowError: (webhook: WaitingWebhook, reason: string) => void;
}

/** The outcome of a webhook. */
interface Done {
  webhook: WaitingWebhook;
  end: WebhookResult;
  rowErrors: readonly string[];
  /** Set when the webhook was given up. */
  refused?: UnreadableWebhook;
}

/** @returns the reason if the webhook is unreadable; undefined if it was applied */
async function refuseUnreadable(work: () => Promise<void>): Promise<UnreadableWebhook | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof UnreadableWebhook) return error;
    throw error;
  }
}

const GIVEN_UP =
  'a webhook was given up; it is kept with its body, and `npm run ops -- webhooks redrive` applies it again';

/** Webhooks of a shop in one transaction, which locks customer rows no longer than a page of an import. */
const BATCH = 50;

/**
 * Applies the waiting webhooks of one shop. An unreadable webhook is given up in the same transaction,
 * because nothing of it was written. A webhook that fails rolls back its whole transaction; only that webhook
 * is postponed, and the others are applied in the next transaction. Rejected: a savepoint for each webhook,
 * which costs two more statements for every webhook, although few fail.
 * @returns whether any webhook waited
 */
export async function applyWaiting(deps: ApplyWaitingDeps): Promise<boolean> {
  const { pool } = deps;
  const at: { webhook?: WaitingWebhook | undefined } = {};
  try {
    const done = await inTransaction(pool, async (tx) => {
      at.webhook = undefined;
      const all: Done[] = [];
      for (const { webhook, payload } of inSourceOrder(await decryptAll(tx, deps.keys))) {
        at.webhook = webhook;
        const refused = await refuseUnreadable(async () => {
          if (payload instanceof Error) throw payload;
          let rowErrors: readonly string[] = [];
          const ctx = contextOf(deps, webhook);
          const end = await applyWebhook(tx, ctx, webhook, payload, (reasons) => (rowErrors = reasons));
          await finishWebhook(tx, { merchantId: webhook.merchantId, id: webhook.id, outcome: end });
          all.push({ webhook, end, rowErrors });
        });
        if (!refused) continue;
        await failWebhook(tx, { ...webhook, code: refused.code, retryInMs: null });
        all.push({ webhook, end: 'failed', rowErrors: [], refused });
      }
      at.webhook = undefined;
      return all;
    });
    for (const each of done) report(deps, each);
    return done.length > 0;
  } catch (error) {
    // Not a fault of the webhook.
    if (!at.webhook || isConnectionLoss(error)) throw error;
    await postpone(deps, at.webhook, error);
    return true;
  }
}

/**
 * Reports the outcome of a webhook. No import run records its row errors, and this log does not name the
 * customer either: the next import reports the customer to the merchant.
 */
function report(
  { log, onEnd, onRowError }: ApplyWaitingDeps,
  { webhook, end, rowErrors, refused }: Done,
): void {
  onEnd(webhook, end);
  if (refused) {
    const { id, topic, attempts } = webhook;
    const fields = { webhook_id: id, topic, code: refused.code, attempts: attempts + 1 };
    log.error(fields, GIVEN_UP);
  }
  for (const reason of rowErrors) {
    onRowError(webhook, reason);
    log.info({ topic: webhook.topic, reason }, 'a customer was not stored exactly as the webhook says');
  }
}

async function decryptAll(tx: Tx, keys: MerchantKeyStore): Promise<DecryptedWebhook[]> {
  const decrypted: DecryptedWebhook[] = [];
  for (const webhook of await claimWebhooks(tx, { most: BATCH })) {
    decrypted.push({ webhook, payload: await decryptOne(tx, keys, webhook) });
  }
  return decrypted;
}

/**
 * Returns the error of a faulty body instead of throwing it: only that webhook fails, when its turn comes.
 */
async function decryptOne(tx: Tx, keys: MerchantKeyStore, webhook: WaitingWebhook) {
  try {
    return parsePayload(await decryptWebhookBody(tx, { keys }, webhook), webhook.topic);
  } catch (error) {
    if (!(error instanceof Error) || isConnectionLoss(error)) throw error;
    return error;
  }
}

async function postpone({ pool, log, onEnd }: ApplyWaitingDeps, webhook: WaitingWebhook, err: unknown) {
  const { merchantId, id, topic, attempts } = webhook;
  const { code, retryInMs } = decideRetry(err, webhook);
  await inTransaction(pool, (tx) => failWebhook(tx, { merchantId, id, code, retryInMs }));
  const fields = { err, webhook_id: id, topic, code, attempts: attempts + 1 };
  if (retryInMs === null) log.error(fields, GIVEN_UP);
  else log.warn(fields, 'a webhook was not applied; trying again');
  onEnd(webhook, retryInMs === null ? 'failed' : 'retried');
}

const contextOf = ({ keys }: ApplyWaitingDeps, { eventId }: WaitingWebhook): CommandContext => ({
  caller: 'worker',
  requestId: eventId,
  keys,
});
