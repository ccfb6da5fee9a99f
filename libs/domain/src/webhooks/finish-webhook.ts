import { and, asc, eq, inArray, isNotNull, isNull, not, or, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  assign,
  build,
  float8,
  int,
  nullable,
  ONE,
  privacyRequests,
  statement,
  webhookEvents,
  type Placeholders,
  type Tx,
} from '@core/db';
import { PRIVACY_TOPICS } from '../privacy/index.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { shopifyRequestId } from './shopify-request-id.ts';

export type WebhookOutcome = 'applied' | 'ignored';

/** The privacy request of a webhook. Rows of earlier builds do not contain its id. */
const IS_ITS_REQUEST = and(
  eq(privacyRequests.merchantId, webhookEvents.merchantId),
  sql`${privacyRequests.requestId}
    = coalesce(${webhookEvents.requestId}, ${shopifyRequestId('')} || ${webhookEvents.eventId})`,
);

const WEBHOOK = { merchantId: webhookEvents.merchantId, id: webhookEvents.id };
const isWebhook = (p: Placeholders<typeof WEBHOOK>) =>
  and(eq(webhookEvents.merchantId, p.merchantId), eq(webhookEvents.id, p.id));

const FINISH = statement({
  params: { ...WEBHOOK, outcome: webhookEvents.outcome },
  text: (p) =>
    build
      .update(webhookEvents)
      .set({
        outcome: p.outcome,
        body: null,
        nameMarks: null,
        error: null,
        attempts: sql`${webhookEvents.attempts} + 1`,
        finishedAt: sql`now()`,
      })
      .where(isWebhook(p)),
});

/** Marks a webhook as done and deletes its body. The row stays, so that a repeated delivery is recognized. */
export const finishWebhook = async (
  tx: Tx,
  input: { merchantId: MerchantId; id: string; outcome: WebhookOutcome },
): Promise<void> => {
  await tx.run(FINISH, input);
};

/** Why a webhook was not applied. */
export interface WebhookFailure {
  merchantId: MerchantId;
  id: string;
  /** Contains no PII. */
  code: string;
  /** Milliseconds until the next attempt; null: the webhook is given up and kept with its body. */
  retryInMs: number | null;
}

const FAIL = statement({
  params: { ...WEBHOOK, code: webhookEvents.error, retryInMs: nullable(float8) },
  text: (p) =>
    build
      .update(webhookEvents)
      .set({
        error: p.code,
        attempts: sql`${webhookEvents.attempts} + 1`,
        nextAttemptAt: sql`now() + coalesce(${p.retryInMs}, 0) * interval '1 millisecond'`,
        outcome: sql`case when ${p.retryInMs} is null then 'failed' end`,
        finishedAt: sql`case when ${p.retryInMs} is null then now() end`,
      })
      .where(and(isWebhook(p), isNull(webhookEvents.outcome))),
});

const SET_PROBLEM = statement({
  params: WEBHOOK,
  text(p) {
    const problem = sql`jsonb_build_object('problem', 'webhook: was given up, ' || ${webhookEvents.error})`;
    return sql`
      update ${privacyRequests}
         set ${assign(privacyRequests, { receipt: sql`${privacyRequests.receipt} || ${problem}` })}
        from ${webhookEvents}
       where ${and(
         isWebhook(p),
         eq(webhookEvents.outcome, 'failed'),
         inArray(webhookEvents.topic, Object.keys(REQUEST_KINDS)),
         IS_ITS_REQUEST,
         isNull(privacyRequests.completedAt),
       )}`;
  },
});

/**
 * Records the failure of a webhook, unless another process has finished the webhook. When it is given up, its
 * privacy request stores this as a problem: its thirty days continue, and an operator has to serve it.
 */
export const failWebhook = async (
  tx: Tx,
  { merchantId, id, code, retryInMs }: WebhookFailure,
): Promise<void> => {
  await tx.run(FAIL, { merchantId, id, code, retryInMs });
  if (retryInMs === null) await tx.run(SET_PROBLEM, { merchantId, id });
};

/** Rows of one delete: few enough that no other process waits for its locks. */
const PRUNE_BATCH = 1_000;

const PRUNE = statement({
  crosses: 'pruning',
  params: { days: int },
  row: ONE,
  text(p, row) {
    const served = sql`exists (
      select from ${privacyRequests}
       where ${and(
         IS_ITS_REQUEST,
         or(isNotNull(privacyRequests.completedAt), isNotNull(privacyRequests.cancelledAt)),
       )})`;
    const isOpen = and(
      eq(webhookEvents.outcome, 'failed'),
      inArray(webhookEvents.topic, PRIVACY_TOPICS),
      not(served),
    );
    const oldest = build
      .select({ merchantId: webhookEvents.merchantId, id: webhookEvents.id })
      .from(webhookEvents)
      .where(
        and(
          isNotNull(webhookEvents.outcome),
          sql`${webhookEvents.receivedAt} < now() - make_interval(days => ${p.days})`,
          sql`not ${isOpen}`,
        ),
      )
      .orderBy(asc(webhookEvents.receivedAt))
      .limit(PRUNE_BATCH)
      .for('update', { skipLocked: true });
    return build
      .delete(webhookEvents)
      .where(sql`(${webhookEvents.merchantId}, ${webhookEvents.id}) in ${oldest}`)
      .returning(row);
  },
});

/**
 * Deletes webhooks that were finished, successfully or not, and were received more than `days` ago. Several
 * processes may do so at the same time. A privacy request that was given up stays, however old, until it is
 * applied after all or is served under the same request_id. This row may be the only record of the request.
 * @returns whether more remain
 */
export async function pruneWebhooks(tx: Tx, input: { days: number }): Promise<boolean> {
  return (await tx.run(PRUNE, input)).length === PRUNE_BATCH;
}
